// Where Athena finds the reports: a database, whose tables write-report and close-run make, and a workgroup that bounds
// what a query may cost.
import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as athena from 'aws-cdk-lib/aws-athena';
import * as glue from 'aws-cdk-lib/aws-glue';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

/** A query that reads more than this is ended: about five cents at five dollars a TB. */
const SCAN_LIMIT_BYTES = 10 * 1024 ** 3;

export class Catalog extends Construct {
  readonly database: string;
  readonly workgroup: string;
  /** The catalog and its database, which every call needs beside the table that it is about. */
  readonly arns: readonly string[];

  constructor(scope: Construct, id: string, { name, bucket }: { name: string; bucket: s3.Bucket }) {
    super(scope, id);
    const stack = Stack.of(this);
    this.database = name;
    this.arns = [
      stack.formatArn({ service: 'glue', resource: 'catalog', arnFormat: ArnFormat.NO_RESOURCE_NAME }),
      stack.formatArn({ service: 'glue', resource: 'database', resourceName: name }),
    ];
    new glue.CfnDatabase(this, 'Database', {
      catalogId: stack.account,
      databaseInput: { name, description: 'The reports of Quaestor' },
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
  }

  /** The tables of that name in the database; `*` for all. */
  tableArn(name: string): string {
    return Stack.of(this).formatArn({ service: 'glue', resource: 'table', resourceName: `${this.database}/${name}` });
  }
}
