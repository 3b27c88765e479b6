// The reviewed table: who calls what, and which allowances that takes. A test compares it with the synthesised policies,
// in both directions; tests/permissions.rs compares the functions' calls with those that they make on one machine, so too.
// What services do in a role's name was read from their documentation.
//
// `<…>` stands for what differs between installations; test/permissions.test.ts says what it comes to.

/** One call, what it needs as `action resource` lines, and for a wildcard why it is one. */
export interface Call {
  readonly call: string;
  readonly needs: readonly string[];
  readonly wildcard?: string;
  /** For a call of a function's that no run on one machine makes: why it is needed all the same. */
  readonly unseen?: string;
  /** Only in installations of which this is true. */
  readonly when?: 'bedrock-agent' | 'new agent' | 'converse' | 'inside a VPC' | 'new cluster' | 'data is not kept';
}

const B = '${ReportsBucket.Arn}';
const KEYS = 'run, question and schema are parts of the key that only a run knows';
const SERVICE = 'the service knows no resource for this action';

const read = (...keys: string[]): Call => ({
  call: 'get_object',
  needs: keys.map((key) => `s3:GetObject ${B}/${key}`),
  wildcard: KEYS,
});
const write = (...keys: string[]): Call => ({
  call: 'put_object',
  needs: keys.map((key) => `s3:PutObject ${B}/${key}`),
  wildcard: KEYS,
});
/** Also for the keys that may be missing: S3 answers 403 instead of 404 to who may not list. */
const list: Call = { call: 'list_objects_v2', needs: [`s3:ListBucket ${B}`] };
/** The Data API reads the secret as the caller, and its key where it has one. */
const query: Call[] = [
  {
    call: 'begin_transaction',
    needs: ['rds-data:BeginTransaction <cluster>', 'secretsmanager:GetSecretValue <reader>', 'kms:Decrypt <key>'],
  },
  { call: 'execute_statement', needs: ['rds-data:ExecuteStatement <cluster>'] },
  { call: 'rollback_transaction', needs: ['rds-data:RollbackTransaction <cluster>'] },
];
/** A table is read, then made or changed; an action on it needs the database and the catalog, too. */
const tables = (names: string, wildcard?: string): Call[] => {
  const call = (call: string, action: string, unseen?: string): Call => ({
    call,
    needs: ['<catalog>', names].map((resource) => `glue:${action} ${resource}`),
    wildcard,
    unseen,
  });
  return [
    call('get_table', 'GetTable'),
    call('create_table', 'CreateTable'),
    call('update_table', 'UpdateTable', 'a report has a new column, or the database another comment'),
    call('create_partition', 'CreatePartition'),
    call('get_partition', 'GetPartition'),
    call('update_partition', 'UpdatePartition', 'a report that is written again has a new column'),
  ];
};
/** What Lambda itself does in the function's name. */
const runs = (id: string): Call[] => [
  { call: 'Lambda: log', needs: [`logs:CreateLogStream \${${id}Logs.Arn}`, `logs:PutLogEvents \${${id}Logs.Arn}`] },
  { call: 'Lambda: trace', needs: ['xray:PutTelemetryRecords *', 'xray:PutTraceSegments *'], wildcard: SERVICE },
  {
    call: 'Lambda: network',
    when: 'inside a VPC',
    wildcard: SERVICE,
    needs: ['ec2:CreateNetworkInterface *', 'ec2:DeleteNetworkInterface *', 'ec2:DescribeNetworkInterfaces *'],
  },
];

/** By the role's name in the template. */
export const PERMISSIONS: Readonly<Record<string, readonly Call[]>> = {
  FunctionsStartRunRole: [
    ...runs('FunctionsStartRun'),
    { call: 'start_execution', needs: ['states:StartExecution <machine>'] },
    { call: 'Lambda: dead letters', needs: ['sqs:SendMessage ${FunctionsStartRunDeadLetters.Arn}'] },
  ],
  FunctionsPlanRunRole: [
    ...runs('FunctionsPlanRun'),
    ...query,
    list,
    read('questions/*', 'runs/*/plan.jsonl'),
    write('runs/*/plan.jsonl', 'schema/*'),
  ],
  FunctionsAskAgentRole: [
    ...runs('FunctionsAskAgent'),
    list,
    read('runs/*/asks/*', 'runs/*/attempts/*', 'schema/*'),
    write('runs/*/asks/*', 'runs/*/traces/*'),
    { call: 'invoke_agent', when: 'bedrock-agent', needs: ['bedrock:InvokeAgent <agent alias>'] },
    { call: 'converse', when: 'converse', needs: ['bedrock:InvokeModel <model>'] },
    { call: 'apply_guardrail', when: 'converse', needs: ['bedrock:ApplyGuardrail ${Guardrail.GuardrailArn}'] },
    {
      call: 'invoke',
      when: 'converse',
      needs: [
        'lambda:InvokeFunction ${FunctionsGenerateQueryFunction.Arn}',
        'lambda:InvokeFunction ${FunctionsExecuteQueryFunction.Arn}',
      ],
    },
  ],
  FunctionsGenerateQueryRole: [
    ...runs('FunctionsGenerateQuery'),
    ...query,
    list,
    read('schema/*'),
    write('runs/*/attempts/*'),
    { call: 'converse', needs: ['bedrock:InvokeModel <model>'] },
  ],
  FunctionsExecuteQueryRole: [...runs('FunctionsExecuteQuery'), ...query, list, read('schema/*'), write('runs/*/attempts/*')],
  FunctionsWriteReportRole: [
    ...runs('FunctionsWriteReport'),
    ...query,
    ...tables('<tables>', 'each question has its table, and the view of its newest partition'),
    { ...list, unseen: 'nothing is listed; without it, a report that is not there yet is 403 and not 404' },
    // HeadObject is s3:GetObject, too: an equal report is not written again.
    read('schema/*', 'reports/*'),
    // CreateMultipartUpload, UploadPart and CompleteMultipartUpload are s3:PutObject, too.
    write('reports/*'),
    {
      call: 'abort_multipart_upload',
      needs: [`s3:AbortMultipartUpload ${B}/reports/*`],
      wildcard: KEYS,
      unseen: 'it ends an upload that failed',
    },
  ],
  FunctionsCloseRunRole: [
    ...runs('FunctionsCloseRun'),
    ...tables('<answers>'),
    list,
    read('runs/*/plan.jsonl', 'runs/*/map/*'),
    write('runs/*/run.json', 'audit/*'),
  ],
  ReadOnlyRoleProvisionDatabaseRole: [
    ...runs('ReadOnlyRoleProvisionDatabase'),
    { call: 'get_secret_value', needs: ['secretsmanager:GetSecretValue ${ReadOnlyRoleSecret}'] },
    {
      call: 'begin_transaction',
      needs: ['rds-data:BeginTransaction <cluster>', 'secretsmanager:GetSecretValue <admin>'],
    },
    { call: 'execute_statement', needs: ['rds-data:ExecuteStatement <cluster>'] },
    { call: 'commit_transaction', needs: ['rds-data:CommitTransaction <cluster>'] },
    { call: 'rollback_transaction', needs: ['rds-data:RollbackTransaction <cluster>'] },
  ],
  ReadOnlyRoleProviderRole: [
    {
      call: 'CDK: log',
      needs: [
        'logs:CreateLogStream ${ReadOnlyRoleProviderLogs.Arn}',
        'logs:PutLogEvents ${ReadOnlyRoleProviderLogs.Arn}',
      ],
    },
    {
      call: 'CDK: invoke, once the function is active',
      needs: [
        'lambda:GetFunction ${ReadOnlyRoleProvisionDatabaseFunction.Arn}',
        'lambda:InvokeFunction ${ReadOnlyRoleProvisionDatabaseFunction.Arn}',
        'lambda:InvokeFunction ${ReadOnlyRoleProvisionDatabaseFunction.Arn}:*',
      ],
      wildcard: "CDK's provider grants every version of the function; there is one",
    },
  ],
  ReportRunRole: [
    {
      call: 'Task: lambda:invoke',
      needs: ['PlanRun', 'AskAgent', 'WriteReport', 'CloseRun'].map(
        (name) => `lambda:InvokeFunction \${Functions${name}Function.Arn}`,
      ),
    },
    { call: 'Task: sns:publish', needs: ['sns:Publish ${NoticesTopic}'] },
    { call: 'Task: events:putEvents', needs: ['events:PutEvents ${NoticesBus.Arn}'] },
    { call: 'Map: start children', needs: ['states:StartExecution <machine>'] },
    {
      call: 'Map: follow and stop children',
      wildcard: 'the names of children are made up by the service',
      needs: [
        'states:DescribeExecution <children>',
        'states:StopExecution <children>',
        'states:RedriveExecution <map run>',
      ],
    },
    { call: 'Map: ItemReader', needs: [`s3:GetObject ${B}/runs/*/plan.jsonl`], wildcard: KEYS },
    {
      call: 'Map: ResultWriter',
      wildcard: KEYS,
      needs: ['GetObject', 'PutObject', 'AbortMultipartUpload', 'ListMultipartUploadParts'].map(
        (action) => `s3:${action} ${B}/runs/*/map/*`,
      ),
    },
    {
      call: 'Step Functions: log',
      wildcard: SERVICE,
      needs: [
        'CreateLogDelivery',
        'DeleteLogDelivery',
        'DescribeLogGroups',
        'DescribeResourcePolicies',
        'GetLogDelivery',
        'ListLogDeliveries',
        'PutResourcePolicy',
        'UpdateLogDelivery',
      ].map((action) => `logs:${action} *`),
    },
    {
      call: 'Step Functions: trace',
      wildcard: SERVICE,
      needs: ['GetSamplingRules', 'GetSamplingTargets', 'PutTelemetryRecords', 'PutTraceSegments'].map(
        (action) => `xray:${action} *`,
      ),
    },
  ],
  StartersSchedulerRole: [
    { call: 'Scheduler: a tick', needs: ['lambda:InvokeFunction ${FunctionsStartRunFunction.Arn}'] },
    { call: 'Scheduler: dead letters', needs: ['sqs:SendMessage ${StartersDeadLetters.Arn}'] },
  ],
  AgentRole: [
    {
      call: 'Agent: model',
      when: 'new agent',
      needs: [
        'bedrock:InvokeModel <model>',
        'bedrock:InvokeModelWithResponseStream <model>',
        'bedrock:GetInferenceProfile <profile>',
      ],
    },
    { call: 'Agent: guardrail', when: 'new agent', needs: ['bedrock:ApplyGuardrail ${Guardrail.GuardrailArn}'] },
  ],
  VpcFlowLogIAMRole: [
    {
      call: 'VPC: flow log of the database',
      when: 'new cluster',
      needs: ['CreateLogStream', 'DescribeLogStreams', 'PutLogEvents'].map(
        (action) => `logs:${action} \${VpcFlowLogs.Arn}`,
      ),
    },
  ],
  NetworkVpcFlowLogIAMRole: [
    {
      call: 'VPC: flow log of the functions',
      when: 'inside a VPC',
      needs: ['CreateLogStream', 'DescribeLogStreams', 'PutLogEvents'].map(
        (action) => `logs:${action} \${NetworkVpcFlowLogs.Arn}`,
      ),
    },
  ],
  ReadOnlyRoleNetworkVpcFlowLogIAMRole: [
    {
      call: 'VPC: flow log of provision-database',
      when: 'inside a VPC',
      needs: ['CreateLogStream', 'DescribeLogStreams', 'PutLogEvents'].map(
        (action) => `logs:${action} \${ReadOnlyRoleNetworkVpcFlowLogs.Arn}`,
      ),
    },
  ],
  CustomS3AutoDeleteObjectsCustomResourceProviderRole: [
    {
      // What it may do to the two buckets stands in their policies.
      call: 'CDK: empty the buckets on destroy',
      when: 'data is not kept',
      needs: ['managed {"Fn::Sub":"arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}'],
    },
  ],
};
