// The four named combinations of inputs, synthesised offline with placeholders for the functions' zips.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { App, type Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';

import { readInputs } from '../lib/inputs.ts';
import { SIZES } from '../lib/quaestor-function.ts';
import { makeStacks } from '../lib/stacks.ts';

/** What a person would give with `-c`. */
export type Given = Record<string, string>;

const MODEL = { modelId: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0', modelRegions: 'eu-central-1,eu-west-1' };
const CLUSTER = 'arn:aws:rds:eu-central-1:111122223333:cluster:sales';
const SECRET = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:sales-reader-AbCdEf';
const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-1111-2222-3333-444455556666';

/** By name. */
export const COMBINATIONS = {
  'all new with agent': {
    agentBackend: 'bedrock-agent',
    ...MODEL,
    timeZones: 'UTC,Europe/Berlin',
    alarmEmail: 'a@example.com',
  },
  'all new with converse': { agentBackend: 'converse', modelId: 'amazon.nova-pro-v1:0', keepData: 'false' },
  'existing cluster': {
    agentBackend: 'bedrock-agent',
    ...MODEL,
    agentId: 'AGENT12345',
    agentAliasId: 'ALIAS12345',
    clusterArn: CLUSTER,
    readerSecretArn: SECRET,
    secretKeyArn: KEY,
    databaseName: 'sales',
  },
  'inside a VPC': {
    agentBackend: 'converse',
    ...MODEL,
    insideVpc: 'true',
    architecture: 'arm64',
    clusterArn: CLUSTER,
    adminSecretArn: SECRET.replace('reader', 'admin'),
    schemas: 'sales,stock',
  },
} as const satisfies Record<string, Given>;

/** The name of a combination. */
export type Combination = keyof typeof COMBINATIONS;
export const NAMES = Object.keys(COMBINATIONS) as Combination[];

const packageFolder = mkdtempSync(join(tmpdir(), 'quaestor-infra-'));
process.on('exit', () => rmSync(packageFolder, { recursive: true }));
/** An empty zip: the end of its central directory, and nothing before. */
const EMPTY_ZIP = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]);
for (const name of Object.keys(SIZES)) writeFileSync(join(packageFolder, `${name}.zip`), EMPTY_ZIP);

/** The inputs that these give, with placeholders for the zips. */
export const inputs = (given: Given) =>
  readInputs((name) => (name in given ? given[name] : name === 'packageFolder' ? packageFolder : undefined));

/** The feature flags that `cdk` would read. */
const { context } = JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8'));

/** A fresh app with the stacks of a combination, not synthesised yet. */
export function makeApp(combination: Combination): { app: App; stacks: Stack[] } {
  const app = new App({ outdir: mkdtempSync(join(packageFolder, 'cdk-')), analyticsReporting: false, context });
  const { database, reporting } = makeStacks(app, inputs(COMBINATIONS[combination]));
  return { app, stacks: database ? [database, reporting] : [reporting] };
}

interface Resource {
  readonly Type: string;
  readonly Properties: any;
  readonly [other: string]: any;
}
/** One stack's template, and its text in a file. */
export interface Synthesised {
  readonly name: string;
  readonly file: string;
  readonly template: Template;
  readonly resources: Record<string, Resource>;
}

const made = new Map<Combination, Synthesised[]>();

/** The templates of a combination, database first. */
export function synthesise(combination: Combination): Synthesised[] {
  const known = made.get(combination);
  if (known) return known;
  const { app, stacks } = makeApp(combination);
  const assembly = (app as Stage).synth();
  const templates = stacks.map((stack) => {
    const artifact = assembly.getStackArtifact(stack.artifactId);
    const template = Template.fromJSON(artifact.template);
    return { name: stack.stackName, file: artifact.templateFullPath, template, resources: artifact.template.Resources };
  });
  made.set(combination, templates);
  return templates;
}

/** The reporting stack's template. */
export const reporting = (combination: Combination): Synthesised => synthesise(combination).at(-1)!;
