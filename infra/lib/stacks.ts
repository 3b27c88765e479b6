// Which stacks there are for given inputs.
import { type App, type Environment } from 'aws-cdk-lib';

import { DatabaseStack } from './database-stack.ts';
import { type Inputs } from './inputs.ts';
import { ReportingStack } from './reporting-stack.ts';

/** The stacks of one installation. No database stack where the cluster and its role exist already. */
export function makeStacks(app: App, inputs: Inputs): { database?: DatabaseStack; reporting: ReportingStack } {
  const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
  const env: Environment = { account, region };
  const { database } = inputs;
  if (database.kind === 'existing' && database.readerSecretArn) {
    const { clusterArn, readerSecretArn, name, secretKeyArn } = database;
    const source = { clusterArn, readerSecretArn, name, secretKeyArn, isOurs: false };
    return { reporting: new ReportingStack(app, `${inputs.name}-Reporting`, { env, inputs, source }) };
  }
  const stack = new DatabaseStack(app, `${inputs.name}-Database`, { env, inputs });
  const reporting = new ReportingStack(app, `${inputs.name}-Reporting`, { env, inputs, source: stack.source });
  reporting.addStackDependency(stack, 'its functions read with the role that the database stack makes');
  return { database: stack, reporting };
}
