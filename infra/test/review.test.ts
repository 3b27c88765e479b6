// cdk-nag: every finding is one that was reviewed, and every reviewed one is still found.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';

import { FINDINGS } from '../review/findings.ts';
import { type Combination, makeApp, NAMES } from './stacks.ts';

/** `rule construct` of each finding; hashes of logical ids are left out. */
function findings(combination: Combination): string[] {
  const { app } = makeApp(combination);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  assert.throws(() => app.synth(), /Validation failed/, 'nothing is acknowledged in the app itself');
  const report = JSON.parse(readFileSync(join(app.outdir, 'validation-report.json'), 'utf8'));
  const lines: string[] = [];
  for (const plugin of report.pluginReports)
    for (const { ruleName, violatingConstructs } of plugin.violations) {
      for (const { constructPath } of violatingConstructs) {
        const rule = ruleName.replace('AwsSolutions-', '').replace(/[0-9A-F]{8}(?=\.Arn>)/, '');
        lines.push(`${rule} ${constructPath.replace('Quaestor-', '')}`);
      }
    }
  return lines;
}

test('cdk-nag finds what was reviewed, and nothing else', (context) => {
  // It prints every finding, reviewed or not.
  context.mock.method(console, 'error', () => {});
  const reviewed = FINDINGS.map(({ rule, at }) => `${rule} ${at}`).sort();
  assert.deepEqual([...new Set(NAMES.flatMap(findings))].sort(), reviewed);
});
