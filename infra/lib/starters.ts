// What starts runs: the schedules, and questions dropped into the bucket.
import { Duration, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

import { deadLetterQueue } from './functions.ts';
import { type Inputs } from './inputs.ts';
import { type QuaestorFunction } from './quaestor-function.ts';

/** When each cadence is due, on the clocks of its zone; `quaestor up` has the same. */
export const DUE = {
  hourly: 'cron(0 * * * ? *)',
  daily: 'cron(0 6 * * ? *)',
  weekly: 'cron(0 6 ? * MON *)',
  monthly: 'cron(0 6 1 * ? *)',
} as const;

export interface StartersProps {
  readonly inputs: Inputs;
  readonly bucket: s3.Bucket;
  readonly startRun: QuaestorFunction;
}

export class Starters extends Construct {
  /** Ticks and drops that could not be delivered. */
  readonly deadLetters: sqs.Queue;

  constructor(scope: Construct, id: string, props: StartersProps) {
    super(scope, id);
    this.deadLetters = deadLetterQueue(this, 'DeadLetters');
    this.addSchedules(props);
    this.addDrops(props);
  }

  private addSchedules({ inputs, startRun }: StartersProps): void {
    const stack = Stack.of(this);
    const group = new scheduler.CfnScheduleGroup(this, 'Group', { name: stack.stackName });
    const role = new iam.Role(this, 'SchedulerRole', {
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': stack.account,
            'aws:SourceArn': stack.formatArn({
              service: 'scheduler',
              resource: 'schedule-group',
              resourceName: stack.stackName,
            }),
          },
        },
      }),
    });
    role.addToPolicy(
      new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [startRun.lambda.functionArn] }),
    );
    role.addToPolicy(new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.deadLetters.queueArn] }));
    for (const timeZone of inputs.timeZones) {
      for (const [cadence, expression] of Object.entries(DUE)) {
        const schedule = new scheduler.CfnSchedule(this, `${cadence}-${timeZone.replaceAll('/', '-')}`, {
          groupName: group.ref,
          description: `The ${cadence} questions, on the clocks of ${timeZone}`,
          scheduleExpression: expression,
          scheduleExpressionTimezone: timeZone,
          flexibleTimeWindow: { mode: 'OFF' },
          target: {
            arn: startRun.lambda.functionArn,
            roleArn: role.roleArn,
            // The scheduled time, so that a late or repeated delivery names the same run.
            input: JSON.stringify({ cadence, as_of: '<aws.scheduler.scheduled-time>', time_zone: timeZone }),
            retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 20 },
            deadLetterConfig: { arn: this.deadLetters.queueArn },
          },
        });
        schedule.node.addDependency(role);
      }
    }
  }

  private addDrops({ bucket, startRun }: StartersProps): void {
    new events.Rule(this, 'Dropped', {
      description: 'A question was dropped into the bucket',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: { bucket: { name: [bucket.bucketName] }, object: { key: [{ prefix: 'questions/' }] } },
      },
      targets: [
        new targets.LambdaFunction(startRun.lambda, {
          deadLetterQueue: this.deadLetters,
          maxEventAge: Duration.hours(1),
          retryAttempts: 20,
        }),
      ],
    });
  }
}
