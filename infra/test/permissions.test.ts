// Least privilege: what the roles may do is what the reviewed table says, nothing more and nothing less.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import test from 'node:test';

import { type Call, PERMISSIONS } from '../review/permissions.ts';
import { type Combination, COMBINATIONS, inputs, NAMES } from './stacks.ts';
import { permissions } from './policies.ts';

const REGIONAL = '${Region}:${AccountId}';
const MACHINE = 'Quaestor-Reporting-report-run';

/** What the table's `<…>` come to; nothing where an installation has no such thing. */
function meanings(combination: Combination): Record<string, string[]> {
  const { database, model, agent } = inputs(COMBINATIONS[combination]);
  const made = database.kind === 'new';
  const execution = `arn:\${Partition}:states:${REGIONAL}:execution:${MACHINE}`;
  const profiles = [
    '${ModelProfile.InferenceProfileArn}',
    ...(model.regions.length > 0 ? [`arn:\${Partition}:bedrock:${REGIONAL}:inference-profile/${model.id}`] : []),
  ];
  const regions = model.regions.length > 0 ? model.regions : ['${Region}'];
  const foundation = model.id.replace(/^eu\./, '');
  const catalog = `arn:\${Partition}:glue:${REGIONAL}`;
  return {
    '<catalog>': [`${catalog}:catalog`, `${catalog}:database/quaestor`],
    '<tables>': [`${catalog}:table/quaestor/*`],
    '<answers>': ['answers', 'answers_latest'].map((table) => `${catalog}:table/quaestor/${table}`),
    '<cluster>': made
      ? ['${Database.Cluster}', '${Cluster}'].map((id) => `arn:\${Partition}:rds:${REGIONAL}:cluster:${id}`)
      : [database.clusterArn],
    '<reader>': [made || database.adminSecretArn ? '${Database.ReadOnlyRoleSecret}' : database.readerSecretArn!],
    '<admin>': [made ? '${Cluster.MasterUserSecret.SecretArn}' : (database.adminSecretArn ?? '')],
    '<key>': made || !database.secretKeyArn ? [] : [database.secretKeyArn],
    '<machine>': [`arn:\${Partition}:states:${REGIONAL}:stateMachine:${MACHINE}`],
    '<children>': [`${execution}:*`, `${execution}/AnswerAll:*`],
    '<map run>': [`${execution}/AnswerAll:*`],
    '<profile>': profiles,
    '<model>': [
      ...profiles,
      ...regions.map((region) => `arn:\${Partition}:bedrock:${region}::foundation-model/${foundation}`),
    ],
    '<agent alias>': [
      `arn:\${Partition}:bedrock:${REGIONAL}:agent-alias/${agent ? `${agent.id}/${agent.aliasId}` : '${Agent.AgentId}/${AgentAlias.AgentAliasId}'}`,
    ],
  };
}

function applies({ when }: Call, combination: Combination): boolean {
  const { agentBackend, agent, insideVpc, database, keepData } = inputs(COMBINATIONS[combination]);
  switch (when) {
    case undefined:
      return true;
    case 'bedrock-agent':
      return agentBackend === 'bedrock-agent';
    case 'new agent':
      return agentBackend === 'bedrock-agent' && !agent;
    case 'converse':
      return agentBackend === 'converse';
    case 'inside a VPC':
      return insideVpc;
    case 'new cluster':
      return database.kind === 'new';
    case 'data is not kept':
      return !keepData;
  }
}

/** The lines that the table allows a role; a cluster of ours has one name in its own stack and another outside. */
function reviewed(role: string, combination: Combination): string[] {
  const known = meanings(combination);
  const lines = (PERMISSIONS[role] ?? []).filter((call) => applies(call, combination)).flatMap((call) => call.needs);
  const expanded = lines.flatMap((line) => {
    const name = /<.*>/.exec(line)?.[0];
    if (!name) return [line];
    const own =
      name === '<cluster>' && known[name]!.length > 1
        ? [known[name]![role.startsWith('ReadOnlyRole') ? 1 : 0]!]
        : known[name]!;
    return own.map((meaning) => line.replace(name, meaning));
  });
  return [...new Set(expanded)].sort();
}

for (const combination of NAMES) {
  test(`${combination}: each role may do what was reviewed, and nothing else`, () => {
    const found = permissions(combination);
    for (const [role, lines] of Object.entries(found)) assert.deepEqual(lines, reviewed(role, combination), role);
    for (const [role, calls] of Object.entries(PERMISSIONS)) {
      if (role in found || role.startsWith('ReadOnlyRole')) continue;
      assert.deepEqual(
        calls.filter((call) => applies(call, combination)),
        [],
        `${role} is reviewed and not there`,
      );
    }
  });
}

test('a wildcard has a written reason', () => {
  for (const [role, calls] of Object.entries(PERMISSIONS)) {
    for (const { call, needs, wildcard } of calls) {
      if (needs.some((line) => line.includes('*'))) assert.ok(wildcard, `${role}: ${call}`);
    }
  }
});

test('the calls of the table are calls in the code', () => {
  const sources = ['crates/aws/src/**/*.rs', 'crates/data-api/src/**/*.rs', 'functions/*/src/**/*.rs'];
  const code = sources
    .flatMap((pattern) => globSync(pattern, { cwd: new URL('../../', import.meta.url) }))
    .map((path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'))
    .join('\n');
  const calls = Object.values(PERMISSIONS)
    .flat()
    .map(({ call }) => call)
    .filter((call) => /^\w+$/.test(call));
  for (const call of new Set(calls)) assert.ok(code.includes(`.${call}()`), call);
});
