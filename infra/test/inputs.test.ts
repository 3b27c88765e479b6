// Inputs: what is taken, and what is said of the rest.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { InputError, NAMES } from '../lib/inputs.ts';
import { type Given, inputs } from './stacks.ts';

const GOOD = { agentBackend: 'converse', modelId: 'amazon.nova-pro-v1:0' };
const CLUSTER = { ...GOOD, clusterArn: 'arn:aws:rds:eu-central-1:111122223333:cluster:sales' };

function check(given: Given, said: RegExp): void {
  assert.throws(
    () => inputs(given),
    (error) => error instanceof InputError && said.test(error.message),
    String(said),
  );
}

test('the least that is needed', () => {
  const { name, database, timeZones, keepData } = inputs(GOOD);
  assert.deepEqual(
    [name, database.kind, database.schemas, timeZones, keepData],
    ['Quaestor', 'new', ['public'], ['UTC'], true],
  );
});

test('what is wrong is said, with what to write', () => {
  check({ modelId: GOOD.modelId }, /`agentBackend` is missing; give -c agentBackend=bedrock-agent\|converse/);
  check({ ...GOOD, agentBackend: 'agentcore' }, /`agentBackend` is `agentcore`/);
  check({ agentBackend: 'converse' }, /`modelId` is missing/);
  check({ ...GOOD, modelId: 'eu.amazon.nova-pro-v1:0' }, /`modelRegions` must name the regions/);
  check({ ...GOOD, modelRegions: 'eu-west-1' }, /`modelRegions` is for inference profiles/);
  check({ ...GOOD, agentId: 'AGENT12345' }, /`agentId` and `agentAliasId` come together/);
  check({ ...GOOD, agentId: 'AGENT12345', agentAliasId: 'ALIAS12345' }, /`agentId` is of no use/);
  check({ ...GOOD, timeZones: 'UTC,Europe/Nowhere' }, /`timeZones` has `Europe\/Nowhere`/);
  check({ ...GOOD, insideVpc: 'yes' }, /`insideVpc` is `yes`; give -c insideVpc=true\|false/);
  check({ ...GOOD, schemas: 'Sales' }, /`schemas` has `Sales`/);
  check({ ...CLUSTER }, /give one of `readerSecretArn`/);
  check(
    { ...GOOD, readerSecretArn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:r-AbCdEf' },
    /`clusterArn` is missing/,
  );
  check({ ...CLUSTER, readerSecretArn: 'sales' }, /`readerSecretArn` is `sales`; it should be a secret's whole ARN/);
  check(
    { ...CLUSTER, adminSecretArn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:a-AbCdEf' },
    /`schemas` is missing/,
  );
});

test('every problem is told at once', () => {
  check({ timeZones: 'x' }, /agentBackend[^]*modelId[^]*timeZones/);
});

test('the README explains every input', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  for (const name of NAMES) assert.ok(readme.includes(`| \`${name}\` |`), name);
});
