// One of our functions: its zip, its own role, its log, its memory and time.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

import { InputError, type Inputs } from './inputs.ts';
import { type FunctionNetwork } from './network.ts';

/** Memory in MB, which also buys the share of a processor; seconds to finish in; the reason for both. */
export const SIZES = {
  'start-run': { memory: 128, seconds: 30, reason: 'one call of Step Functions' },
  'plan-run': {
    memory: 256,
    seconds: 170,
    reason: 'the catalog of a large schema; a paused cluster resumes within a minute',
  },
  'ask-agent': {
    memory: 256,
    seconds: 600,
    reason: 'it waits for the agent for nine minutes and files how that ended',
  },
  'generate-query': {
    memory: 256,
    seconds: 120,
    reason: 'two calls of a model, the second after a refusal by the guard',
  },
  'execute-query': {
    memory: 256,
    seconds: 120,
    reason: 'one query of 40 s at most, on a cluster that may be resuming',
  },
  'write-report': { memory: 1024, seconds: 900, reason: 'Parquet wants a processor; a report has no limit but time' },
  'close-run': { memory: 512, seconds: 300, reason: 'it holds every answer of a run' },
  'provision-database': { memory: 256, seconds: 600, reason: 'it waits for a cluster that resumes, and for locks' },
} as const;

/** The name of a function, which is its folder in `functions/`. */
export type FunctionName = keyof typeof SIZES;

export interface QuaestorFunctionProps {
  readonly function: FunctionName;
  readonly inputs: Inputs;
  readonly environment: Record<string, string>;
  readonly network?: FunctionNetwork;
  /** Where an event goes that the function failed at; only for those invoked asynchronously. */
  readonly deadLetters?: sqs.IQueue;
}

export class QuaestorFunction extends Construct {
  readonly lambda: lambda.Function;
  readonly role: iam.Role;

  constructor(scope: Construct, id: string, props: QuaestorFunctionProps) {
    super(scope, id);
    const { inputs, network } = props;
    const size = SIZES[props.function];
    const zip = join(inputs.packageFolder, `${props.function}.zip`);
    if (!existsSync(zip)) throw new InputError([`\`${zip}\` is missing; run \`make package\` first`]);
    const logGroup = new logs.LogGroup(this, 'Logs', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    this.role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    if (network) {
      // These take no resource: Lambda makes the interfaces in subnets that it picks (Lambda guide, "VPC execution role").
      this.role.addToPolicy(
        new iam.PolicyStatement({
          actions: ['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DeleteNetworkInterface'],
          resources: ['*'],
        }),
      );
    }
    this.lambda = new lambda.Function(this, 'Function', {
      description: `Quaestor ${props.function}`,
      runtime: lambda.Runtime.PROVIDED_AL2023,
      architecture: inputs.architecture === 'arm64' ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64,
      handler: 'bootstrap',
      code: lambda.Code.fromAsset(zip),
      memorySize: size.memory,
      timeout: Duration.seconds(size.seconds),
      environment: props.environment,
      role: this.role,
      logGroup,
      tracing: lambda.Tracing.ACTIVE,
      deadLetterQueue: props.deadLetters,
      ...(network && {
        vpc: network.vpc,
        securityGroups: [network.securityGroup],
        vpcSubnets: { subnetGroupName: 'functions' },
      }),
    });
  }
}

/** Lets the function's own role do these on those. */
export function allow(to: QuaestorFunction, actions: readonly string[], resources: readonly string[]): void {
  to.role.addToPolicy(new iam.PolicyStatement({ actions: [...actions], resources: [...resources] }));
}
