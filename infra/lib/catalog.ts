// What Athena sees: the table of all answers, in a workgroup that bounds what a query may cost.
import { Stack } from 'aws-cdk-lib';
import * as athena from 'aws-cdk-lib/aws-athena';
import * as glue from 'aws-cdk-lib/aws-glue';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

/** The columns that close-run writes, by name, with Athena's types (functions/close-run/src/audit.rs). */
export const ANSWERS: Readonly<Record<string, string>> = {
  run_id: 'string',
  cadence: 'string',
  as_of: 'timestamp',
  question_id: 'string',
  status: 'string',
  error_type: 'string',
  message: 'string',
  sql: 'string',
  row_count: 'bigint',
  rounded_values: 'bigint',
  report_key: 'string',
};

/** A query that reads more than this is ended: about five cents at five dollars a TB. */
const SCAN_LIMIT_BYTES = 10 * 1024 ** 3;

export class Catalog extends Construct {
  readonly database: string;
  readonly workgroup: string;

  constructor(scope: Construct, id: string, { name, bucket }: { name: string; bucket: s3.Bucket }) {
    super(scope, id);
    const stack = Stack.of(this);
    this.database = name;
    const database = new glue.CfnDatabase(this, 'Database', {
      catalogId: stack.account,
      databaseInput: { name, description: 'The reports of Quaestor' },
    });
    const table = new glue.CfnTable(this, 'Answers', {
      catalogId: stack.account,
      databaseName: database.ref,
      tableInput: {
        name: 'answers',
        description: 'What became of each question in each run',
        tableType: 'EXTERNAL_TABLE',
        partitionKeys: [{ name: 'as_of_date', type: 'string' }],
        parameters: {
          EXTERNAL: 'TRUE',
          classification: 'parquet',
          // Partitions are worked out and not registered. A run as of a day before 2020 is not seen.
          'projection.enabled': 'true',
          'projection.as_of_date.type': 'date',
          'projection.as_of_date.format': 'yyyy-MM-dd',
          'projection.as_of_date.range': '2020-01-01,NOW+2DAYS',
          'storage.location.template': `s3://${bucket.bucketName}/audit/answers/as_of_date=\${as_of_date}`,
        },
        storageDescriptor: {
          location: `s3://${bucket.bucketName}/audit/answers/`,
          inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
          outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
          serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
          columns: Object.entries(ANSWERS).map(([column, type]) => ({ name: column, type })),
        },
      },
    });
    const workgroup = new athena.CfnWorkGroup(this, 'Workgroup', {
      name: stack.stackName,
      description: 'Queries on the reports of Quaestor',
      // Else a workgroup that was used cannot be deleted; the reports are not in it.
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: SCAN_LIMIT_BYTES,
        resultConfiguration: {
          outputLocation: `s3://${bucket.bucketName}/athena/`,
          encryptionConfiguration: { encryptionOption: 'SSE_S3' },
        },
      },
    });
    this.workgroup = workgroup.name;
    table.addResourceDependency(database);
  }
}
