// The functions of a run, each with what it reads, writes and calls, and nothing more.
import { Duration } from 'aws-cdk-lib';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

import { Agent } from './agent.ts';
import { type Catalog } from './catalog.ts';
import { type DatabaseSource } from './database-stack.ts';
import { type Guardrail } from './guardrail.ts';
import { type Inputs } from './inputs.ts';
import { type Model } from './model.ts';
import { type FunctionNetwork } from './network.ts';
import { allow, type FunctionName, QuaestorFunction } from './quaestor-function.ts';

export interface FunctionsProps {
  readonly inputs: Inputs;
  readonly source: DatabaseSource;
  readonly bucket: s3.Bucket;
  readonly catalog: Catalog;
  readonly model: Model;
  readonly machineArn: string;
  readonly network?: FunctionNetwork;
}

export class Functions extends Construct {
  readonly startRun: QuaestorFunction;
  readonly planRun: QuaestorFunction;
  readonly askAgent: QuaestorFunction;
  readonly generateQuery: QuaestorFunction;
  readonly executeQuery: QuaestorFunction;
  readonly writeReport: QuaestorFunction;
  readonly closeRun: QuaestorFunction;
  /** Events that start-run failed at. */
  readonly deadLetters: sqs.Queue;
  private readonly props: FunctionsProps;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    this.props = props;
    const { source, bucket, catalog, model, machineArn } = props;
    this.deadLetters = deadLetterQueue(this, 'StartRunDeadLetters');
    const ofBucket = { QUAESTOR_BUCKET: bucket.bucketName };
    const ofDatabase = {
      QUAESTOR_CLUSTER_ARN: source.clusterArn,
      QUAESTOR_SECRET_ARN: source.readerSecretArn,
      QUAESTOR_DATABASE: source.name,
    };

    const ofCatalog = { QUAESTOR_GLUE_DATABASE: catalog.database };

    this.startRun = this.add('StartRun', 'start-run', { QUAESTOR_STATE_MACHINE_ARN: machineArn }, this.deadLetters);
    allow(this.startRun, ['states:StartExecution'], [machineArn]);

    this.planRun = this.add('PlanRun', 'plan-run', { ...ofBucket, ...ofDatabase });
    this.list(this.planRun);
    this.get(this.planRun, 'questions/*', 'runs/*/plan.jsonl');
    this.put(this.planRun, 'runs/*/plan.jsonl', 'schema/*');
    this.query(this.planRun);

    this.askAgent = this.add('AskAgent', 'ask-agent', {
      ...ofBucket,
      QUAESTOR_AGENT_BACKEND: props.inputs.agentBackend,
    });
    this.list(this.askAgent);
    this.get(this.askAgent, 'runs/*/asks/*', 'runs/*/attempts/*', 'schema/*');
    this.put(this.askAgent, 'runs/*/asks/*', 'runs/*/traces/*');

    this.generateQuery = this.add('GenerateQuery', 'generate-query', {
      ...ofBucket,
      ...ofDatabase,
      QUAESTOR_MODEL_ID: model.profileArn,
    });
    this.list(this.generateQuery);
    this.get(this.generateQuery, 'schema/*');
    this.put(this.generateQuery, 'runs/*/attempts/*');
    this.query(this.generateQuery);
    allow(this.generateQuery, ['bedrock:InvokeModel'], model.arns);

    this.executeQuery = this.add('ExecuteQuery', 'execute-query', { ...ofBucket, ...ofDatabase });
    this.list(this.executeQuery);
    this.get(this.executeQuery, 'schema/*');
    this.put(this.executeQuery, 'runs/*/attempts/*');
    this.query(this.executeQuery);

    this.writeReport = this.add('WriteReport', 'write-report', {
      ...ofBucket,
      ...ofDatabase,
      ...ofCatalog,
      // glibc's: one heap for all threads, of which tokio has some for files. Blocks over 256 KiB stay out of it, since
      // holes of their sizes make it grow with the length of a report, and 1 MiB that is free is kept, since every page
      // asks for it again.
      MALLOC_ARENA_MAX: '1',
      MALLOC_MMAP_THRESHOLD_: '262144',
      MALLOC_TRIM_THRESHOLD_: '1048576',
    });
    this.list(this.writeReport);
    this.get(this.writeReport, 'schema/*', 'reports/*');
    this.put(this.writeReport, 'reports/*');
    allow(this.writeReport, ['s3:AbortMultipartUpload'], [bucket.arnForObjects('reports/*')]);
    this.query(this.writeReport);
    this.keepTables(this.writeReport, '*');

    this.closeRun = this.add('CloseRun', 'close-run', { ...ofBucket, ...ofCatalog });
    this.list(this.closeRun);
    this.get(this.closeRun, 'runs/*/plan.jsonl', 'runs/*/map/*');
    this.put(this.closeRun, 'runs/*/run.json', 'audit/*');
    this.keepTables(this.closeRun, 'answers', 'answers_latest');
  }

  /** Gives ask-agent its backend: an agent to invoke, or for our own loop the guardrail, the model and the tools. */
  askWith(backend: Agent | Guardrail): void {
    const settings = (pairs: Record<string, string>) => {
      for (const [name, value] of Object.entries(pairs)) this.askAgent.lambda.addEnvironment(name, value);
    };
    if (backend instanceof Agent) {
      settings({ QUAESTOR_AGENT_ID: backend.id, QUAESTOR_AGENT_ALIAS_ID: backend.aliasId });
      allow(this.askAgent, ['bedrock:InvokeAgent'], [backend.aliasArn]);
      return;
    }
    const { model } = this.props;
    const tools = [this.generateQuery.lambda.functionArn, this.executeQuery.lambda.functionArn] as const;
    settings({
      QUAESTOR_MODEL_ID: model.profileArn,
      QUAESTOR_GUARDRAIL_ID: backend.id,
      QUAESTOR_GUARDRAIL_VERSION: backend.version,
      QUAESTOR_GENERATE_FUNCTION: tools[0],
      QUAESTOR_EXECUTE_FUNCTION: tools[1],
    });
    allow(this.askAgent, ['bedrock:InvokeModel'], model.arns);
    allow(this.askAgent, ['bedrock:ApplyGuardrail'], [backend.arn]);
    allow(this.askAgent, ['lambda:InvokeFunction'], tools);
  }

  private add(
    id: string,
    name: FunctionName,
    environment: Record<string, string>,
    deadLetters?: sqs.Queue,
  ): QuaestorFunction {
    const { inputs, network } = this.props;
    return new QuaestorFunction(this, id, {
      function: name,
      inputs,
      environment,
      network,
      deadLetters,
    });
  }

  /** The whole bucket, by name: without it a missing key is 403 and not 404, and a condition on the prefix would forbid that again. */
  private list(to: QuaestorFunction): void {
    allow(to, ['s3:ListBucket'], [this.props.bucket.bucketArn]);
  }

  private get(to: QuaestorFunction, ...keys: string[]): void {
    allow(
      to,
      ['s3:GetObject'],
      keys.map((key) => this.props.bucket.arnForObjects(key)),
    );
  }

  private put(to: QuaestorFunction, ...keys: string[]): void {
    allow(
      to,
      ['s3:PutObject'],
      keys.map((key) => this.props.bucket.arnForObjects(key)),
    );
  }

  /**
   * Makes and changes these tables and their partitions, and deletes none. An action on a table needs the database and the
   * catalog, too ("Identity-based policies" of the Glue guide).
   */
  private keepTables(to: QuaestorFunction, ...tables: string[]): void {
    const { catalog } = this.props;
    const actions = ['GetTable', 'CreateTable', 'UpdateTable', 'CreatePartition', 'GetPartition', 'UpdatePartition'];
    allow(
      to,
      actions.map((action) => `glue:${action}`),
      [...catalog.arns, ...tables.map((table) => catalog.tableArn(table))],
    );
  }

  /** A read-only transaction: it is begun, used and rolled back, never committed. */
  private query(to: QuaestorFunction): void {
    const { source } = this.props;
    allow(
      to,
      ['rds-data:BeginTransaction', 'rds-data:ExecuteStatement', 'rds-data:RollbackTransaction'],
      [source.clusterArn],
    );
    allow(to, ['secretsmanager:GetSecretValue'], [source.readerSecretArn]);
    if (source.secretKeyArn) allow(to, ['kms:Decrypt'], [source.secretKeyArn]);
  }
}

/** Keeps what could not be delivered for two weeks, the longest that SQS does. */
export function deadLetterQueue(scope: Construct, id: string): sqs.Queue {
  return new sqs.Queue(scope, id, {
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
}
