// What `cdk` runs: reads the inputs that `-c name=value` gives, and makes the stacks.
import { App } from 'aws-cdk-lib';

import { InputError, readInputs } from '../lib/inputs.ts';
import { makeStacks } from '../lib/stacks.ts';

const app = new App();
try {
  makeStacks(
    app,
    readInputs((name) => app.node.tryGetContext(name)),
  );
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.error(error.message);
  process.exit(1);
}
