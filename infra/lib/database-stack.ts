// The database: a cluster of our own or one that exists, and the role that can only SELECT.
import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import { type Construct } from 'constructs';

import { type Inputs } from './inputs.ts';
import { addFlowLog } from './network.ts';
import { ReadOnlyRole } from './read-only-role.ts';

/** What the functions read from. */
export interface DatabaseSource {
  readonly clusterArn: string;
  readonly readerSecretArn: string;
  readonly name: string;
  readonly secretKeyArn?: string;
  /** The secret of one who may load data, where it is known. */
  readonly adminSecretArn?: string;
  /** Whether the cluster was made here, and so holds nobody else's data. */
  readonly isOurs: boolean;
}

export class DatabaseStack extends Stack {
  readonly source: DatabaseSource;

  constructor(scope: Construct, id: string, props: StackProps & { inputs: Inputs }) {
    super(scope, id, {
      ...props,
      description: 'Quaestor: the database that questions are asked of',
      terminationProtection: props.inputs.database.kind === 'new' && props.inputs.keepData,
    });
    const { inputs } = props;
    const { database } = inputs;
    const cluster = database.kind === 'new' ? this.cluster(inputs) : undefined;
    const clusterArn = database.kind === 'new' ? cluster!.clusterArn : database.clusterArn;
    const adminSecretArn = database.kind === 'new' ? cluster!.secret!.secretArn : database.adminSecretArn!;
    const secretKeyArn = database.kind === 'existing' ? database.secretKeyArn : undefined;
    const role = new ReadOnlyRole(this, 'ReadOnlyRole', {
      inputs,
      clusterArn,
      adminSecretArn,
      adminSecretKeyArn: secretKeyArn,
      database: database.name,
      schemas: database.schemas,
      revokePublicExecute: database.kind === 'new',
    });
    // The custom resource speaks SQL: it waits for the writer, which the cluster alone does not name.
    if (cluster) role.resource.node.addDependency(cluster);
    this.source = {
      clusterArn,
      readerSecretArn: role.secret.secretArn,
      name: database.name,
      adminSecretArn,
      isOurs: database.kind === 'new',
    };
    new CfnOutput(this, 'ClusterArn', { value: clusterArn });
    new CfnOutput(this, 'AdminSecretArn', { value: adminSecretArn, description: 'for those who load data' });
    new CfnOutput(this, 'DatabaseName', { value: database.name });
    new CfnOutput(this, 'OnDestroy', {
      value:
        database.kind === 'existing'
          ? 'takes the reading role away and leaves the cluster as it was'
          : inputs.keepData
            ? 'is refused: deploy with -c keepData=false first, which lets the cluster go with all its data'
            : 'deletes the cluster with all its data, without a snapshot',
    });
  }

  private cluster(inputs: Inputs): rds.DatabaseCluster {
    // No way out and none in: everybody comes through the Data API.
    const vpc = new ec2.Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'database', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
    });
    addFlowLog(vpc);
    // Auto-pause needs PostgreSQL 16.3 or later.
    const engine = rds.DatabaseClusterEngine.auroraPostgres({ version: rds.AuroraPostgresEngineVersion.VER_17_7 });
    return new rds.DatabaseCluster(this, 'Cluster', {
      engine,
      vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      writer: rds.ClusterInstance.serverlessV2('Writer', { autoMinorVersionUpgrade: true }),
      serverlessV2MinCapacity: 0,
      serverlessV2MaxCapacity: 4,
      serverlessV2AutoPauseDuration: Duration.minutes(10),
      enableDataApi: true,
      storageEncrypted: true,
      iamAuthentication: true,
      // RDS keeps the admin's password in a secret and changes it every week.
      manageMasterUserPassword: true,
      credentials: rds.Credentials.fromUsername('quaestor_admin'),
      defaultDatabaseName: inputs.database.name,
      cloudwatchLogsExports: ['postgresql'],
      backup: { retention: Duration.days(7) },
      copyTagsToSnapshot: true,
      deletionProtection: inputs.keepData,
      removalPolicy: inputs.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }
}
