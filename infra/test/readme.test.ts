// Every `cdk deploy` and `cdk destroy` of the README has inputs that make stacks.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { App } from 'aws-cdk-lib';

import { NAMES } from '../lib/inputs.ts';
import { makeStacks } from '../lib/stacks.ts';
import { inputs } from './stacks.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const commands = readme.split('\n').filter((line) => /^cdk (deploy|destroy) /.test(line));

test('there are commands', () => assert.ok(commands.length >= 8));

for (const command of commands) {
  test(command, () => {
    const given = Object.fromEntries([...command.matchAll(/-c (\w+)=(\S+)/g)].map((match) => [match[1]!, match[2]!]));
    for (const name of Object.keys(given)) assert.ok((NAMES as readonly string[]).includes(name), name);
    const context = JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8')).context;
    const app = new App({ context, analyticsReporting: false });
    const { database, reporting } = makeStacks(app, inputs(given));
    const named = /^cdk \w+ (Quaestor-\w+)/.exec(command)?.[1];
    if (named)
      assert.ok(
        [database, reporting].some((stack) => stack?.stackName === named),
        named,
      );
    app.synth();
  });
}
