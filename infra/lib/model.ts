// The foundation model, called through an inference profile of our own, by which its cost is told apart.
import { Stack } from 'aws-cdk-lib';
import * as bedrock from 'aws-cdk-lib/aws-bedrock';
import { Construct } from 'constructs';

import { type Inputs } from './inputs.ts';

export class Model extends Construct {
  /** What callers give as the model's id. */
  readonly profileArn: string;
  /** What must be allowed to call it: our profile, the one that it copies, and the model in each of its regions. */
  readonly arns: readonly string[];

  constructor(scope: Construct, id: string, inputs: Inputs) {
    super(scope, id);
    const stack = Stack.of(this);
    const { model } = inputs;
    const foundation = (region: string, name: string) =>
      `arn:${stack.partition}:bedrock:${region}::foundation-model/${name}`;
    const crossRegion = model.regions.length > 0;
    const system = `arn:${stack.partition}:bedrock:${stack.region}:${stack.account}:inference-profile/${model.id}`;
    const copyFrom = crossRegion ? system : foundation(stack.region, model.id);
    const profile = new bedrock.CfnApplicationInferenceProfile(this, 'Profile', {
      inferenceProfileName: `${stack.stackName}-model`,
      description: 'The model that Quaestor asks for SQL',
      modelSource: { copyFrom },
    });
    this.profileArn = profile.attrInferenceProfileArn;
    const name = model.id.slice(model.id.indexOf('.') + 1);
    this.arns = crossRegion
      ? [
          this.profileArn,
          system,
          ...model.regions.map((region) => foundation(region, name)),
          // A global profile routes without naming a region (Bedrock guide, "Global cross-Region inference").
          ...(model.id.startsWith('global.') ? [`arn:${stack.partition}:bedrock:::foundation-model/${name}`] : []),
        ]
      : [this.profileArn, copyFrom];
  }
}
