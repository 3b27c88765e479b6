// The findings of cdk-nag's AwsSolutions that stay, one by one, each with its reason. A test compares both ways.

export interface Finding {
  readonly rule: string;
  /** The construct, below the stack. */
  readonly at: string;
  readonly because: string;
}

const wildcard = (at: string, because: string, ...resources: string[]): Finding[] =>
  resources.map((resource) => ({ rule: `IAM5[Resource::${resource}]`, at: `${at}/DefaultPolicy/Resource`, because }));
const B = '<ReportsBucket.Arn>';
const TRACES = 'X-Ray and the network interfaces of a VPC take no resource; review/permissions.ts lists every action';
const KEYS = 'run, question and schema are parts of the key that only a run knows; the prefix is its own';
const EXECUTIONS = 'arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:Quaestor-Reporting-report-run';

export const FINDINGS: readonly Finding[] = [
  ...['StartRun', 'PlanRun', 'AskAgent', 'GenerateQuery', 'ExecuteQuery', 'WriteReport', 'CloseRun'].flatMap((name) =>
    wildcard(`Reporting/Functions/${name}/Role`, TRACES, '*'),
  ),
  ...wildcard('Database/ReadOnlyRole/ProvisionDatabase/Role', TRACES, '*'),
  ...wildcard('Reporting/Functions/PlanRun/Role', KEYS, `${B}/questions/*`, `${B}/runs/*/plan.jsonl`, `${B}/schema/*`),
  ...wildcard(
    'Reporting/Functions/AskAgent/Role',
    KEYS,
    `${B}/runs/*/asks/*`,
    `${B}/runs/*/attempts/*`,
    `${B}/runs/*/traces/*`,
    `${B}/schema/*`,
  ),
  ...wildcard('Reporting/Functions/GenerateQuery/Role', KEYS, `${B}/runs/*/attempts/*`, `${B}/schema/*`),
  ...wildcard('Reporting/Functions/ExecuteQuery/Role', KEYS, `${B}/runs/*/attempts/*`, `${B}/schema/*`),
  ...wildcard(
    'Reporting/Functions/WriteReport/Role',
    'each question has its table, in the database that is its own',
    'arn:<AWS::Partition>:glue:<AWS::Region>:<AWS::AccountId>:table/quaestor/*',
  ),
  ...wildcard('Reporting/Functions/WriteReport/Role', KEYS, `${B}/reports/*`, `${B}/schema/*`),
  ...wildcard(
    'Reporting/Functions/CloseRun/Role',
    KEYS,
    `${B}/audit/*`,
    `${B}/runs/*/map/*`,
    `${B}/runs/*/plan.jsonl`,
    `${B}/runs/*/run.json`,
  ),
  ...wildcard('Reporting/ReportRun/Role', KEYS, `${B}/runs/*/map/*`, `${B}/runs/*/plan.jsonl`),
  ...wildcard('Reporting/ReportRun/Role', 'the delivery of logs and X-Ray take no resource', '*'),
  ...wildcard(
    'Reporting/ReportRun/Role',
    'the service makes up the names of children',
    `${EXECUTIONS}:*`,
    `${EXECUTIONS}/AnswerAll:*`,
  ),
  ...wildcard(
    'Database/ReadOnlyRole/ProviderRole',
    "CDK's provider grants every version of the function; there is one",
    '<ReadOnlyRoleProvisionDatabaseFunction.Arn>:*',
  ),
  {
    rule: 'SMG4',
    at: 'Database/ReadOnlyRole/Secret/Resource',
    because: 'the password is set in the database by the custom resource; a rotation by itself would part the two',
  },
  {
    rule: 'RDS10',
    at: 'Database/Cluster/Resource',
    because: 'only with keepData=false, by which a person asks to be rid of the cluster',
  },
  {
    rule: 'SQS3',
    at: 'Reporting/Starters/DeadLetters/Resource',
    because: 'it is the dead-letter queue itself, of schedules and rule, which the check does not see',
  },
];
