// The role that can only SELECT, made in the database by a custom resource.
import { CustomResource, Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';

import { FunctionNetwork } from './network.ts';
import { allow, QuaestorFunction } from './quaestor-function.ts';
import { type Inputs } from './inputs.ts';

export interface ReadOnlyRoleProps {
  readonly inputs: Inputs;
  readonly clusterArn: string;
  readonly adminSecretArn: string;
  readonly adminSecretKeyArn?: string;
  readonly database: string;
  readonly schemas: readonly string[];
  /** Whether PUBLIC loses the right to execute functions in the schemas: fine where nobody else works. */
  readonly revokePublicExecute: boolean;
}

export class ReadOnlyRole extends Construct {
  /** The role's name and password. */
  readonly secret: secretsmanager.Secret;
  readonly resource: CustomResource;

  constructor(scope: Construct, id: string, props: ReadOnlyRoleProps) {
    super(scope, id);
    this.secret = new secretsmanager.Secret(this, 'Secret', {
      description: 'The database role that Quaestor reads with; it can only SELECT',
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: 'quaestor_reader' }),
        generateStringKey: 'password',
        passwordLength: 40,
        excludePunctuation: true,
      },
    });
    const network = props.inputs.insideVpc
      ? new FunctionNetwork(this, 'Network', ['rds-data', 'secretsmanager'])
      : undefined;
    const provision = new QuaestorFunction(this, 'ProvisionDatabase', {
      function: 'provision-database',
      inputs: props.inputs,
      environment: {},
      network,
    });
    allow(
      provision,
      [
        'rds-data:BeginTransaction',
        'rds-data:ExecuteStatement',
        'rds-data:CommitTransaction',
        'rds-data:RollbackTransaction',
      ],
      [props.clusterArn],
    );
    allow(provision, ['secretsmanager:GetSecretValue'], [props.adminSecretArn, this.secret.secretArn]);
    if (props.adminSecretKeyArn) allow(provision, ['kms:Decrypt'], [props.adminSecretKeyArn]);
    const logGroup = new logs.LogGroup(this, 'ProviderLogs', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new iam.Role(this, 'ProviderRole', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    const provider = new Provider(this, 'Provider', {
      onEventHandler: provision.lambda,
      frameworkOnEventRole: role,
      logGroup,
    });
    this.resource = new CustomResource(this, 'Role', {
      serviceToken: provider.serviceToken,
      resourceType: 'Custom::ReadOnlyRole',
      serviceTimeout: Duration.minutes(15),
      properties: {
        ClusterArn: props.clusterArn,
        AdminSecretArn: props.adminSecretArn,
        RoleSecretArn: this.secret.secretArn,
        Database: props.database,
        Schemas: props.schemas,
        RevokePublicExecute: props.revokePublicExecute,
      },
    });
    this.resource.node.addDependency(provision);
  }
}
