// The inputs of the app: named, typed and checked before anything is made.

/** Who is asked for SQL. */
export type AgentBackend = 'bedrock-agent' | 'converse';

/** The cluster that the functions read. */
export type DatabaseInput =
  | { readonly kind: 'new'; readonly name: string; readonly schemas: readonly string[] }
  | {
      readonly kind: 'existing';
      readonly name: string;
      readonly clusterArn: string;
      /** The secret of a role that can only SELECT; or instead: */
      readonly readerSecretArn?: string;
      /** the secret of a role that may make that role, which then reads `schemas`. */
      readonly adminSecretArn?: string;
      readonly schemas: readonly string[];
      /** The customer-managed key of that secret, if it has one. */
      readonly secretKeyArn?: string;
    };

/** Everything that a person decides. */
export interface Inputs {
  readonly name: string;
  readonly agentBackend: AgentBackend;
  /** An agent that exists, by its ids. */
  readonly agent?: { readonly id: string; readonly aliasId: string };
  /** A foundation model, or a system-defined inference profile with the regions that it routes to. */
  readonly model: { readonly id: string; readonly regions: readonly string[] };
  readonly database: DatabaseInput;
  readonly architecture: 'x86_64' | 'arm64';
  readonly insideVpc: boolean;
  /** IANA names; each cadence has a schedule in each. */
  readonly timeZones: readonly string[];
  readonly alarmEmail?: string;
  /** Whether bucket and cluster outlive their stacks. */
  readonly keepData: boolean;
  readonly packageFolder: string;
}

/** Every input that is wrong, each with what to write instead. */
export class InputError extends Error {
  constructor(problems: readonly string[]) {
    super(['the inputs are not in order:', ...problems.map((problem) => `  ${problem}`)].join('\n'));
  }
}

/** The names that `-c` takes, in the order of the README. */
export const NAMES = [
  'name',
  'agentBackend',
  'agentId',
  'agentAliasId',
  'modelId',
  'modelRegions',
  'databaseName',
  'schemas',
  'clusterArn',
  'readerSecretArn',
  'adminSecretArn',
  'secretKeyArn',
  'architecture',
  'insideVpc',
  'timeZones',
  'alarmEmail',
  'keepData',
  'packageFolder',
] as const;
type Name = (typeof NAMES)[number];

const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;
const IDENTIFIER = /^[a-z_][a-z0-9_]{0,62}$/;
const CLUSTER = /^arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:cluster:[A-Za-z0-9-]+$/;
const SECRET = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+-[A-Za-z0-9]{6}$/;
const KEY = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[a-f0-9-]+$/;
/** A geography before the provider's name: `eu.anthropic.…`, `global.anthropic.…`. */
const PROFILE = /^[a-z]{2,6}\.[a-z0-9]+\.[a-z].*$/;

/** Reads every input through `get`, and tells all that is wrong at once. */
export function readInputs(get: (name: Name) => unknown): Inputs {
  const problems: string[] = [];
  const text = (name: Name): string | undefined => {
    const value = get(name);
    if (value === undefined || value === '') return undefined;
    if (typeof value === 'string') return value.trim();
    problems.push(`\`${name}\` is not a text`);
    return undefined;
  };
  const matching = (name: Name, pattern: RegExp, form: string): string | undefined => {
    const value = text(name);
    if (value === undefined || pattern.test(value)) return value;
    problems.push(`\`${name}\` is \`${value}\`; it should be ${form}`);
    return undefined;
  };
  const list = (name: Name, fine: (item: string) => boolean, form: string): string[] => {
    const items = (text(name) ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean);
    const bad = items.find((item) => !fine(item));
    if (bad !== undefined) problems.push(`\`${name}\` has \`${bad}\`; it should be ${form}, separated by commas`);
    return [...new Set(items)];
  };
  const choice = <T extends string>(name: Name, choices: readonly T[], otherwise?: T): T => {
    const value = text(name) ?? otherwise;
    const found = choices.find((one) => one === value);
    if (found !== undefined) return found;
    const told = value === undefined ? 'is missing' : `is \`${value}\``;
    problems.push(`\`${name}\` ${told}; give -c ${name}=${choices.join('|')}`);
    return choices[0]!;
  };

  const agentBackend = choice<AgentBackend>('agentBackend', ['bedrock-agent', 'converse']);
  const agentId = matching('agentId', /^[A-Z0-9]{10}$/, 'an agent id of ten capitals and digits');
  const aliasId = matching('agentAliasId', /^[A-Z0-9]{10}$/, 'an alias id of ten capitals and digits');
  if ((agentId === undefined) !== (aliasId === undefined)) {
    problems.push('`agentId` and `agentAliasId` come together: give both for an agent that exists, or neither');
  }
  if (agentId && agentBackend === 'converse') problems.push('`agentId` is of no use with `agentBackend=converse`');

  const modelId = text('modelId');
  const regions = list('modelRegions', (item) => REGION.test(item), 'region names');
  if (!modelId)
    problems.push('`modelId` is missing; give the id of a model or inference profile that your account may use');
  else if (PROFILE.test(modelId) && regions.length === 0) {
    problems.push(
      `\`modelId\` is an inference profile, so \`modelRegions\` must name the regions that it routes to: aws bedrock get-inference-profile --inference-profile-identifier ${modelId} --query 'models[].modelArn'`,
    );
  } else if (!PROFILE.test(modelId) && regions.length > 0) {
    problems.push('`modelRegions` is for inference profiles; a foundation model is called in the region of the stack');
  }

  const database = readDatabase(problems, matching, list);
  const architecture = choice('architecture', ['x86_64', 'arm64'], 'x86_64');
  const insideVpc = choice('insideVpc', ['true', 'false'], 'false') === 'true';
  const keepData = choice('keepData', ['true', 'false'], 'true') === 'true';
  const timeZones = list('timeZones', isTimeZone, 'IANA time zones such as Europe/Berlin');
  const alarmEmail = matching('alarmEmail', /^[^@\s]+@[^@\s]+$/, 'an address');
  const name =
    matching('name', /^[A-Z][A-Za-z0-9]{0,19}$/, 'a capital, then letters and digits, 20 in all') ?? 'Quaestor';
  const packageFolder = text('packageFolder') ?? new URL('../../dist', import.meta.url).pathname;
  if (problems.length > 0) throw new InputError(problems);
  return {
    name,
    agentBackend,
    architecture,
    insideVpc,
    keepData,
    packageFolder,
    database,
    agent: agentId && aliasId ? { id: agentId, aliasId } : undefined,
    model: { id: modelId!, regions },
    timeZones: timeZones.length > 0 ? timeZones : ['UTC'],
    alarmEmail,
  };
}

function readDatabase(
  problems: string[],
  matching: (name: Name, pattern: RegExp, form: string) => string | undefined,
  list: (name: Name, fine: (item: string) => boolean, form: string) => string[],
): DatabaseInput {
  const name = matching('databaseName', IDENTIFIER, 'a name in lower case') ?? 'quaestor';
  const schemas = list('schemas', (item) => IDENTIFIER.test(item), 'names in lower case');
  const clusterArn = matching('clusterArn', CLUSTER, "an Aurora cluster's ARN");
  const reader = matching('readerSecretArn', SECRET, "a secret's whole ARN, with its six last characters");
  const admin = matching('adminSecretArn', SECRET, "a secret's whole ARN, with its six last characters");
  const key = matching('secretKeyArn', KEY, "a KMS key's ARN");
  if (admin && schemas.length === 0) {
    problems.push('`schemas` is missing; name the schemas that questions may read, e.g. -c schemas=sales,stock');
  }
  if (!clusterArn) {
    if (reader || admin || key)
      problems.push('`clusterArn` is missing: the secrets are those of a cluster that exists');
    // A fresh cluster has no other schema; name yours once they are there.
    return { kind: 'new', name, schemas: schemas.length > 0 ? schemas : ['public'] };
  }
  if ((reader === undefined) === (admin === undefined)) {
    problems.push(
      'with `clusterArn` give one of `readerSecretArn` (its role can only SELECT) and `adminSecretArn` (makes such a role)',
    );
  }
  if (reader && schemas.length > 0)
    problems.push('`schemas` is of no use with `readerSecretArn`: its role says what may be read');
  return {
    kind: 'existing',
    name,
    schemas,
    clusterArn,
    readerSecretArn: reader,
    adminSecretArn: admin,
    secretKeyArn: key,
  };
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
}
