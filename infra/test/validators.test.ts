// Others read what we synthesise: cfn-lint the templates, two validators the state machine's text.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';

import asl from 'amazon-states-language-service';
import validate from 'asl-validator';

import { DEFINITION } from '../lib/run-machine.ts';
import { NAMES, synthesise } from './stacks.ts';

const CFN_LINT = new URL('../../.venv/bin/cfn-lint', import.meta.url).pathname;

test('cfn-lint finds no error and no warning', () => {
  const files = NAMES.flatMap((name) => synthesise(name).map(({ file }) => file));
  // W3005: CDK writes each dependency out that a reference makes, too. W6001: an output that is an import, so that the
  // command line needs one stack's name alone.
  const options = ['--regions', 'eu-central-1', '--ignore-checks', 'W3005,W6001', '--format', 'parseable', '--'];
  const { status, stdout, stderr } = spawnSync(CFN_LINT, [...options, ...files], { encoding: 'utf8' });
  assert.equal(`${stdout}${stderr}`, '');
  assert.equal(status, 0);
});

/** The text with its placeholders filled in, as CloudFormation does. */
const FILLED = DEFINITION.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
  if (name.endsWith('FunctionArn')) return `arn:aws:lambda:eu-central-1:111122223333:function:${name}`;
  return name.endsWith('Arn') ? `arn:aws:sns:eu-central-1:111122223333:${name}` : name.toLowerCase();
});

test('asl-validator takes the definition', () => {
  const { isValid, errorsText } = validate(JSON.parse(FILLED));
  assert.ok(isValid, errorsText());
});

test('the states language service has nothing to say of the definition, and much of a broken one', async () => {
  const diagnose = async (text: string) => {
    const service = asl.getLanguageService({});
    service.configure({
      validate: true,
      allowComments: false,
      schemas: [{ uri: 'asl', fileMatch: ['*'], schema: asl.ASL_SCHEMA }],
    });
    const document = asl.TextDocument.create('file://report-run.asl.json', 'asl', 1, text);
    return (await service.doValidation(document, service.parseJSONDocument(document))).map(({ message }) => message);
  };
  assert.deepEqual(await diagnose(FILLED), []);
  assert.notDeepEqual(await diagnose(FILLED.replace('"Next": "Notify"', '"Next": "Nowhere"')), []);
});
