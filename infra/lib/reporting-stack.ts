// Everything that makes reports: bucket, functions, agent, guardrail, state machine, events, catalog, alarms.
import { ArnFormat, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { type Construct } from 'constructs';

import { Agent } from './agent.ts';
import { watch } from './alarms.ts';
import { Catalog } from './catalog.ts';
import { type DatabaseSource } from './database-stack.ts';
import { Functions } from './functions.ts';
import { Guardrail } from './guardrail.ts';
import { type Inputs } from './inputs.ts';
import { Model } from './model.ts';
import { FunctionNetwork } from './network.ts';
import { Notices } from './notices.ts';
import { ReportsBucket } from './reports-bucket.ts';
import { RunMachine } from './run-machine.ts';
import { Starters } from './starters.ts';

export interface ReportingStackProps extends StackProps {
  readonly inputs: Inputs;
  readonly source: DatabaseSource;
}

export class ReportingStack extends Stack {
  constructor(scope: Construct, id: string, props: ReportingStackProps) {
    super(scope, id, { ...props, description: 'Quaestor: the reports, and all that makes them' });
    const { inputs, source } = props;
    const converse = inputs.agentBackend === 'converse';
    // A name of its own, so that roles can be given the machine before it is there.
    const machineName = `${id}-report-run`;
    const machineArn = this.formatArn({
      service: 'states',
      resource: 'stateMachine',
      resourceName: machineName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const network = inputs.insideVpc
      ? new FunctionNetwork(this, 'Network', [
          'rds-data',
          'bedrock-runtime',
          'glue',
          'states',
          converse ? 'lambda' : 'bedrock-agent-runtime',
        ])
      : undefined;

    const { bucket } = new ReportsBucket(this, 'Reports', inputs);
    const notices = new Notices(this, 'Notices', inputs);
    const model = new Model(this, 'Model', inputs);
    const guardrail = new Guardrail(this, 'Guardrail');
    const catalog = new Catalog(this, 'Catalog', { name: inputs.name.toLowerCase(), bucket });
    const functions = new Functions(this, 'Functions', { inputs, source, bucket, catalog, model, machineArn, network });
    const agent = converse ? undefined : new Agent(this, 'Agent', { inputs, functions, guardrail, model });
    functions.askWith(agent ?? guardrail);
    const machine = new RunMachine(this, 'ReportRun', {
      name: machineName,
      arn: machineArn,
      bucket,
      functions,
      notices,
    });
    const starters = new Starters(this, 'Starters', { inputs, bucket, startRun: functions.startRun });
    watch(this, {
      machine: machine.machine,
      startRun: functions.startRun.lambda,
      deadLetters: [functions.deadLetters, starters.deadLetters],
      topic: notices.topic,
    });

    const output = (name: string, value: string, description?: string) =>
      new CfnOutput(this, name, { value, description });
    output('Bucket', bucket.bucketName);
    output('StateMachineArn', machineArn);
    output('StartRunFunction', functions.startRun.lambda.functionName);
    output('AskAgentFunction', functions.askAgent.lambda.functionName);
    output('GenerateQueryFunction', functions.generateQuery.lambda.functionName);
    output('ExecuteQueryFunction', functions.executeQuery.lambda.functionName);
    output('TopicArn', notices.topic.topicArn, 'subscribe to hear of every run');
    output('EventBusName', notices.bus.eventBusName);
    output('ClusterArn', source.clusterArn);
    output('ClusterIsOurs', String(source.isOurs));
    output('DatabaseName', source.name);
    output('ReaderSecretArn', source.readerSecretArn);
    if (source.adminSecretArn) output('AdminSecretArn', source.adminSecretArn, 'for those who load data');
    output('AgentBackend', inputs.agentBackend);
    if (agent) {
      output('AgentId', agent.id);
      output('AgentAliasId', agent.aliasId);
    }
    output('FromTheCommandLine', `quaestor --stack ${this.stackName} run daily`, 'or ask, lint, show, sample load');
    output(
      'DropAQuestion',
      `aws s3 cp QUESTION.md s3://${bucket.bucketName}/questions/adhoc/`,
      'a question that is asked now',
    );
    output(
      'AskInAthena',
      `SELECT as_of_time, question_id, status, row_count, message FROM ${catalog.database}.answers WHERE as_of_date >= date_format(current_date - interval '7' day, '%Y-%m-%d') ORDER BY as_of_time DESC`,
      `in the workgroup ${catalog.workgroup}`,
    );
    output(
      'OnDestroy',
      inputs.keepData
        ? `leaves the bucket ${bucket.bucketName} with all reports, and its log`
        : 'deletes the bucket with all reports',
    );
  }
}
