// The permissions of a role as lines that a person can review: `action resource`, one each.
import { type Combination, synthesise } from './stacks.ts';

/** Every allowance of each role in the combination's stacks, by the role's logical id without its hash. */
export function permissions(combination: Combination): Record<string, string[]> {
  const byRole: Record<string, Set<string>> = {};
  for (const { resources } of synthesise(combination)) {
    for (const [id, { Type, Properties }] of Object.entries(resources)) {
      if (Type === 'AWS::IAM::Role') {
        const lines = (byRole[plain(id)] ??= new Set());
        for (const arn of Properties.ManagedPolicyArns ?? []) lines.add(`managed ${text(arn)}`);
        for (const policy of Properties.Policies ?? []) addLines(lines, policy.PolicyDocument);
      }
      if (Type === 'AWS::IAM::Policy') {
        for (const role of Properties.Roles)
          addLines((byRole[plain(role.Ref)] ??= new Set()), Properties.PolicyDocument);
      }
    }
  }
  return Object.fromEntries(
    Object.entries(byRole)
      .sort()
      .map(([role, lines]) => [role, [...lines].sort()]),
  );
}

function addLines(lines: Set<string>, document: any): void {
  for (const { Effect, Action, Resource } of document.Statement) {
    for (const action of [Action].flat())
      for (const resource of [Resource].flat()) {
        lines.add(`${Effect === 'Allow' ? '' : 'deny '}${action} ${text(resource)}`);
      }
  }
}

/** A logical id without the hash that CDK ends it with. */
function plain(id: string): string {
  return id.replace(/[0-9A-F]{8}$/, '');
}

/** A value of a template as text, references as `${Name.Attribute}`. */
export function text(value: any): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (value.Ref) return `\${${plain(value.Ref.replace('AWS::', ''))}}`;
  if (value['Fn::GetAtt']) return `\${${plain(value['Fn::GetAtt'][0])}.${value['Fn::GetAtt'][1]}}`;
  if (value['Fn::Join']) return value['Fn::Join'][1].map(text).join(value['Fn::Join'][0]);
  // `Stack:ExportsOutput<Ref|FnGetAtt><id><hash>…`
  if (value['Fn::ImportValue'])
    return `\${Database.${value['Fn::ImportValue'].replace(/^.*:ExportsOutput(Ref|FnGetAtt)/, '').replace(/[0-9A-F]{8}.*$/, '')}}`;
  return JSON.stringify(value);
}
