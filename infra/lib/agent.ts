// The Bedrock agent: made here, or one that exists and is only let in.
import { readFileSync } from 'node:fs';

import { Stack } from 'aws-cdk-lib';
import * as bedrock from 'aws-cdk-lib/aws-bedrock';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

import { type Functions } from './functions.ts';
import { digest, type Guardrail } from './guardrail.ts';
import { type Inputs } from './inputs.ts';
import { type Model } from './model.ts';

/** What the agent is told; it takes 4,000 characters at most. */
export const INSTRUCTION = `You answer questions about the data in a PostgreSQL database, with two actions.
First call generate-query with the question exactly as it was asked. Then call execute-query with the SQL that it gave, unchanged.
When execute-query answers with an error, call generate-query again with the question, the SQL as previous_sql and the message as error; do this at most twice.
When generate-query answers with the error unanswerable, stop and say what is missing, in its words.
When rows come back, say in one or two sentences what they show. Never write SQL yourself, never make up rows, and never ask the user anything back.`;

/** The action groups by name, each with its OpenAPI schema as text. */
export const ACTION_GROUPS = ['generate-query', 'execute-query'].map((name) => ({
  name,
  schema: readFileSync(new URL(`../openapi/${name}.json`, import.meta.url), 'utf8'),
}));

export interface AgentProps {
  readonly inputs: Inputs;
  readonly functions: Functions;
  readonly guardrail: Guardrail;
  readonly model: Model;
}

export class Agent extends Construct {
  readonly id: string;
  readonly aliasId: string;
  readonly aliasArn: string;

  constructor(scope: Construct, id: string, props: AgentProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const { agent } = props.inputs;
    const made = agent ?? this.make(props);
    this.id = made.id;
    this.aliasId = made.aliasId;
    this.aliasArn = stack.formatArn({
      service: 'bedrock',
      resource: 'agent-alias',
      resourceName: `${this.id}/${this.aliasId}`,
    });
    const agentArn = stack.formatArn({ service: 'bedrock', resource: 'agent', resourceName: this.id });
    for (const called of [props.functions.generateQuery, props.functions.executeQuery]) {
      called.lambda.addPermission('Agent', {
        principal: new iam.ServicePrincipal('bedrock.amazonaws.com'),
        sourceArn: agentArn,
        sourceAccount: stack.account,
      });
    }
  }

  private make({ functions, guardrail, model }: AgentProps): { id: string; aliasId: string } {
    const stack = Stack.of(this);
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('bedrock.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnLike: { 'aws:SourceArn': stack.formatArn({ service: 'bedrock', resource: 'agent', resourceName: '*' }) },
        },
      }),
    });
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'],
        resources: [...model.arns],
      }),
    );
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['bedrock:GetInferenceProfile'],
        resources: model.arns.filter((arn) => !arn.includes('::foundation-model/')),
      }),
    );
    role.addToPolicy(new iam.PolicyStatement({ actions: ['bedrock:ApplyGuardrail'], resources: [guardrail.arn] }));
    const executors = [functions.generateQuery.lambda.functionArn, functions.executeQuery.lambda.functionArn];
    const settings: bedrock.CfnAgentProps = {
      agentName: `${stack.stackName}-agent`,
      description: 'Turns a question into SQL that was tried',
      agentResourceRoleArn: role.roleArn,
      foundationModel: model.profileArn,
      instruction: INSTRUCTION,
      idleSessionTtlInSeconds: 600,
      autoPrepare: true,
      guardrailConfiguration: { guardrailIdentifier: guardrail.id, guardrailVersion: guardrail.version },
      actionGroups: ACTION_GROUPS.map(({ name, schema }, index) => ({
        actionGroupName: name,
        apiSchema: { payload: schema },
        actionGroupExecutor: { lambda: executors[index]! },
        skipResourceInUseCheckOnDelete: true,
      })),
    };
    const agent = new bedrock.CfnAgent(this, 'Agent', settings);
    // Preparing the agent checks that its role may call the model.
    agent.node.addDependency(role);
    // An update of the alias makes a version of what the agent is then; nothing else does.
    const alias = new bedrock.CfnAgentAlias(this, 'Alias', {
      agentId: agent.attrAgentId,
      agentAliasName: 'live',
      description: digest([INSTRUCTION, ACTION_GROUPS, stack.resolve(model.arns)]),
    });
    return { id: agent.attrAgentId, aliasId: alias.attrAgentAliasId };
  }
}
