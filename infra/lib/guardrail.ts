// The first wall: requests to change data, and attacks on the prompt. No list of words: real questions say "update".
import { createHash } from 'node:crypto';

import { Stack } from 'aws-cdk-lib';
import * as bedrock from 'aws-cdk-lib/aws-bedrock';
import { Construct } from 'constructs';

export class Guardrail extends Construct {
  readonly id: string;
  readonly arn: string;
  readonly version: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const settings = {
      name: `${Stack.of(this).stackName}-questions`,
      description: 'Lets questions about data through, and no request to change any',
      blockedInputMessaging:
        'This reads as a request to change data, or as an attack on the prompt. Ask for data instead.',
      blockedOutputsMessaging: 'The answer was withheld: it reads as a change of data.',
      topicPolicyConfig: {
        topicsConfig: [
          {
            name: 'Changing data',
            type: 'DENY',
            definition:
              'Requests that tell the system to change, add or delete records, tables or rights in the database. Questions about changes that happened in the past are not meant.',
            examples: [
              'Delete all students who left last year.',
              'Set the salary of employee 7 to 90000.',
              'Add a new student named Ada Lovelace.',
              'Drop the table of courses.',
              'Give everybody access to the payroll.',
            ],
          },
        ],
      },
      contentPolicyConfig: {
        // A prompt attack can only be in what comes in.
        filtersConfig: [{ type: 'PROMPT_ATTACK', inputStrength: 'HIGH', outputStrength: 'NONE' }],
      },
    };
    const guardrail = new bedrock.CfnGuardrail(this, 'Guardrail', settings);
    // A version never changes: other settings make another one.
    const version = new bedrock.CfnGuardrailVersion(this, 'Version', {
      guardrailIdentifier: guardrail.attrGuardrailId,
      description: digest(settings),
    });
    this.id = guardrail.attrGuardrailId;
    this.arn = guardrail.attrGuardrailArn;
    this.version = version.attrVersion;
  }
}

/** A short name for settings, to make what is immutable anew when they change. */
export function digest(settings: unknown): string {
  return `settings ${createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 12)}`;
}
