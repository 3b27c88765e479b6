// What somebody should look at, told on the topic.
import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

export interface Watched {
  readonly machine: sfn.StateMachine;
  readonly startRun: lambda.Function;
  readonly deadLetters: readonly sqs.Queue[];
  readonly topic: sns.Topic;
}

/** A question that fails is an answer and no alarm; a run that is not on file, and an event that was lost, are. */
export function watch(scope: Construct, { machine, startRun, deadLetters, topic }: Watched): void {
  const alarms = new Construct(scope, 'Alarms');
  const period = Duration.minutes(5);
  const raise = (id: string, metric: cloudwatch.Metric, alarmDescription: string) => {
    const alarm = new cloudwatch.Alarm(alarms, id, {
      metric,
      alarmDescription,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(topic));
  };
  raise(
    'RunFailed',
    machine.metricFailed({ period }),
    'A run broke off before it was on file: run it again, or redrive it',
  );
  raise('RunTimedOut', machine.metricTimedOut({ period }), 'A run did not end');
  raise('StartFailed', startRun.metricErrors({ period }), 'start-run failed; its log says why');
  deadLetters.forEach((queue, index) => {
    const metric = queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' });
    raise(
      `DeadLetters${index + 1}`,
      metric,
      'A tick or a drop started no run: it lies in the queue, and can be sent to start-run again',
    );
  });
}
