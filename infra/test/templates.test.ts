// What the templates hold, where it matters and nobody else would say so.
import assert from 'node:assert/strict';
import test from 'node:test';

import { Match } from 'aws-cdk-lib/assertions';

import { DUE } from '../lib/starters.ts';
import { NAMES, reporting, synthesise } from './stacks.ts';

const AGENT = 'all new with agent';
const CONVERSE = 'all new with converse';

test('which stacks there are', () => {
  const stacks = (name: (typeof NAMES)[number]) => synthesise(name).map((stack) => stack.name);
  assert.deepEqual(stacks(AGENT), ['Quaestor-Database', 'Quaestor-Reporting']);
  assert.deepEqual(stacks('existing cluster'), ['Quaestor-Reporting']);
  synthesise('inside a VPC')[0]!.template.resourceCountIs('AWS::RDS::DBCluster', 0);
});

test('the cluster pauses, is encrypted, speaks the Data API, and is not lost by mistake', () => {
  const { template } = synthesise(AGENT)[0]!;
  template.hasResource('AWS::RDS::DBCluster', {
    DeletionPolicy: 'Retain',
    Properties: {
      Engine: 'aurora-postgresql',
      EnableHttpEndpoint: true,
      StorageEncrypted: true,
      DeletionProtection: true,
      ManageMasterUserPassword: true,
      ServerlessV2ScalingConfiguration: Match.objectLike({ MinCapacity: 0 }),
    },
  });
  template.resourceCountIs('AWS::EC2::NatGateway', 0);
  template.resourceCountIs('AWS::EC2::InternetGateway', 0);
  const role = Object.values(template.findResources('Custom::ReadOnlyRole'))[0]!;
  assert.ok(
    role.DependsOn.some((id: string) => id.startsWith('ClusterWriter')),
    'the writer comes first',
  );
});

test('the bucket is private, by TLS only, versioned, and ends what a killed Lambda leaves', () => {
  for (const name of NAMES) {
    const { template } = reporting(name);
    template.hasResourceProperties('AWS::S3::Bucket', {
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
      LifecycleConfiguration: {
        Rules: Match.arrayWith([Match.objectLike({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } })]),
      },
    });
    template.allResourcesProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  }
});

test('a schedule for each cadence and zone, with the scheduled time', () => {
  const schedules = Object.values(reporting(AGENT).template.findResources('AWS::Scheduler::Schedule'));
  assert.equal(schedules.length, 2 * Object.keys(DUE).length);
  for (const { Properties } of schedules) {
    const { as_of, time_zone, cadence } = JSON.parse(Properties.Target.Input);
    assert.equal(as_of, '<aws.scheduler.scheduled-time>');
    assert.equal(time_zone, Properties.ScheduleExpressionTimezone);
    assert.equal(DUE[cadence as keyof typeof DUE], Properties.ScheduleExpression);
    assert.ok(Properties.Target.DeadLetterConfig.Arn);
  }
});

test('drops of questions start runs, and nothing else in the bucket does', () => {
  reporting(AGENT).template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: {
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: { object: { key: [{ prefix: 'questions/' }] } },
    },
    Targets: [Match.objectLike({ DeadLetterConfig: Match.anyValue() })],
  });
});

test('an agent only where one is asked for, a guardrail in both', () => {
  for (const [name, agents] of [
    [AGENT, 1],
    [CONVERSE, 0],
    ['existing cluster', 0],
  ] as const) {
    const { template } = reporting(name);
    template.resourceCountIs('AWS::Bedrock::Agent', agents);
    template.resourceCountIs('AWS::Bedrock::AgentAlias', agents);
    template.resourceCountIs('AWS::Bedrock::Guardrail', 1);
    template.hasResourceProperties('AWS::Bedrock::Guardrail', { WordPolicyConfig: Match.absent() });
    const let_in = Object.values(template.findResources('AWS::Lambda::Permission')).filter(
      ({ Properties }) => Properties.Principal === 'bedrock.amazonaws.com',
    );
    assert.equal(let_in.length, name === CONVERSE ? 0 : 2);
    for (const { Properties } of let_in) assert.ok(Properties.SourceArn && Properties.SourceAccount);
  }
});

test('the guardrail keeps the limits of its service', () => {
  const [guardrail] = Object.values(reporting(CONVERSE).template.findResources('AWS::Bedrock::Guardrail'));
  const [topic] = guardrail!.Properties.TopicPolicyConfig.TopicsConfig;
  assert.ok(topic.Definition.length <= 200, `${topic.Definition.length}`);
  for (const example of topic.Examples) assert.ok(example.length <= 100);
});

test('functions: traced, no reserved concurrency, logs that end', () => {
  for (const name of NAMES) {
    const { template } = reporting(name);
    for (const { Properties } of Object.values(
      template.findResources('AWS::Lambda::Function', { Properties: { Handler: 'bootstrap' } }),
    )) {
      assert.equal(Properties.Runtime, 'provided.al2023');
      assert.equal(Properties.TracingConfig.Mode, 'Active');
      assert.equal(Properties.ReservedConcurrentExecutions, undefined);
      assert.deepEqual(Properties.Architectures, [name === 'inside a VPC' ? 'arm64' : 'x86_64']);
      assert.equal(Properties.VpcConfig !== undefined, name === 'inside a VPC');
    }
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: Match.anyValue() });
  }
});

test('inside a VPC there is an endpoint for each service that is called, and no way out', () => {
  const { template } = reporting('inside a VPC');
  const endpoints = Object.values(template.findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) =>
    JSON.stringify(Properties.ServiceName),
  );
  for (const service of ['s3', 'rds-data', 'bedrock-runtime', 'glue', 'lambda', 'states']) {
    assert.ok(
      endpoints.some((name) => name.includes(`.${service}"`)),
      service,
    );
  }
  assert.equal(endpoints.length, 6);
  template.resourceCountIs('AWS::EC2::NatGateway', 0);
});

test('what stays after destroy is what was asked to stay', () => {
  for (const name of NAMES) {
    const kept = synthesise(name)
      .flatMap(({ resources }) => Object.values(resources))
      .filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain');
    const types = kept.map(({ Type }) => Type).sort();
    const buckets = ['AWS::S3::Bucket', 'AWS::S3::Bucket'];
    assert.deepEqual(
      types.filter((type) => !type.startsWith('AWS::RDS')),
      name === CONVERSE ? [] : buckets,
      name,
    );
  }
});
