// The state machine, from the very text that runs locally.
import { readFileSync } from 'node:fs';

import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import { type Functions } from './functions.ts';
import { type Notices } from './notices.ts';

/** The text with its `${…}` placeholders. */
export const DEFINITION = readFileSync(new URL('../../state-machines/report-run.asl.json', import.meta.url), 'utf8');

export interface RunMachineProps {
  readonly name: string;
  readonly arn: string;
  readonly bucket: s3.Bucket;
  readonly functions: Functions;
  readonly notices: Notices;
}

export class RunMachine extends Construct {
  readonly machine: sfn.StateMachine;

  constructor(scope: Construct, id: string, props: RunMachineProps) {
    super(scope, id);
    const { functions, notices, bucket } = props;
    const role = this.role(props);
    const values: Record<string, string> = {
      PlanRunFunctionArn: functions.planRun.lambda.functionArn,
      AskAgentFunctionArn: functions.askAgent.lambda.functionArn,
      WriteReportFunctionArn: functions.writeReport.lambda.functionArn,
      CloseRunFunctionArn: functions.closeRun.lambda.functionArn,
      Bucket: bucket.bucketName,
      TopicArn: notices.topic.topicArn,
      EventBusName: notices.bus.eventBusName,
    };
    const used = new Set(placeholders(DEFINITION));
    this.machine = new sfn.StateMachine(this, 'Machine', {
      stateMachineName: props.name,
      comment: 'One run: the questions of a cadence, or a drop, at one as-of',
      definitionBody: sfn.DefinitionBody.fromString(DEFINITION),
      definitionSubstitutions: Object.fromEntries(Object.entries(values).filter(([name]) => used.has(name))),
      role,
      tracingEnabled: true,
      logs: {
        destination: new logs.LogGroup(this, 'Logs', {
          logGroupName: `/aws/vendedlogs/states/${props.name}`,
          retention: logs.RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: sfn.LogLevel.ALL,
        // Payloads hold questions and SQL: they stay in the bucket.
        includeExecutionData: false,
      },
    });
  }

  private role({ name, arn, bucket, functions, notices }: RunMachineProps): iam.Role {
    const stack = Stack.of(this);
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('states.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
      }),
    });
    const grant = (actions: string[], resources: string[]) =>
      role.addToPolicy(new iam.PolicyStatement({ actions, resources }));
    const called = [functions.planRun, functions.askAgent, functions.writeReport, functions.closeRun];
    grant(
      ['lambda:InvokeFunction'],
      called.map((one) => one.lambda.functionArn),
    );
    // The Distributed Map starts children of this very machine; `name/AnswerAll` is how their executions are named.
    const executions = `arn:${stack.partition}:states:${stack.region}:${stack.account}:execution:${name}`;
    grant(['states:StartExecution'], [arn]);
    grant(['states:DescribeExecution', 'states:StopExecution'], [`${executions}:*`, `${executions}/AnswerAll:*`]);
    grant(['states:RedriveExecution'], [`${executions}/AnswerAll:*`]);
    // Its reader, and its writer, which uploads in parts.
    grant(['s3:GetObject'], [bucket.arnForObjects('runs/*/plan.jsonl')]);
    grant(
      ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
      [bucket.arnForObjects('runs/*/map/*')],
    );
    grant(['sns:Publish'], [notices.topic.topicArn]);
    grant(['events:PutEvents'], [notices.bus.eventBusArn]);
    return role;
  }
}

/** The names in `${…}` of a definition, but for JSONPath and intrinsics, which have none. */
export function placeholders(definition: string): string[] {
  return [...definition.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1]!);
}
