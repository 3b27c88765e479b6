// Where a run says how it ended: a topic for people, a bus for programs.
import { Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

import { type Inputs } from './inputs.ts';

export class Notices extends Construct {
  readonly topic: sns.Topic;
  readonly bus: events.EventBus;

  constructor(scope: Construct, id: string, inputs: Inputs) {
    super(scope, id);
    this.topic = new sns.Topic(this, 'Topic', { displayName: 'Quaestor', enforceSSL: true });
    // A policy replaces the default one, which let CloudWatch in.
    this.topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'Alarms',
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    if (inputs.alarmEmail) this.topic.addSubscription(new EmailSubscription(inputs.alarmEmail));
    this.bus = new events.EventBus(this, 'Bus', { eventBusName: Stack.of(this).stackName });
  }
}
