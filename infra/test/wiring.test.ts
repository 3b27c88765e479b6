// The stack and the rest of the repository fit together: placeholders, environment, times, schemas, columns.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import test from 'node:test';

import { ACTION_GROUPS, INSTRUCTION } from '../lib/agent.ts';
import { type FunctionName, SIZES } from '../lib/quaestor-function.ts';
import { DEFINITION, placeholders } from '../lib/run-machine.ts';
import { PERMISSIONS } from '../review/permissions.ts';
import { NAMES, reporting, synthesise } from './stacks.ts';

const ROOT = new URL('../../', import.meta.url);
const source = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const FUNCTIONS = Object.keys(SIZES) as FunctionName[];

/** The properties of a Lambda by the function's name. */
function lambda(combination: (typeof NAMES)[number], name: FunctionName): any {
  const all = synthesise(combination).flatMap(({ resources }) => Object.values(resources));
  return all.find(
    ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && Properties.Description === `Quaestor ${name}`,
  )?.Properties;
}

test('every function in functions/ is deployed', () => {
  assert.deepEqual(
    FUNCTIONS.toSorted(),
    globSync('functions/*/Cargo.toml', { cwd: ROOT })
      .map((path) => path.split('/')[1])
      .sort(),
  );
});

test('every placeholder of the state machine is filled, and nothing else is given', () => {
  for (const name of NAMES) {
    const machine = Object.values(reporting(name).resources).find(
      ({ Type }) => Type === 'AWS::StepFunctions::StateMachine',
    )!;
    assert.deepEqual(
      Object.keys(machine.Properties.DefinitionSubstitutions).sort(),
      [...new Set(placeholders(DEFINITION))].sort(),
    );
    assert.equal(machine.Properties.DefinitionString, DEFINITION);
  }
});

test('a function is given the variables that its code reads, and no other', () => {
  for (const name of FUNCTIONS) {
    const code = globSync(`functions/${name}/src/**/*.rs`, { cwd: ROOT })
      .map((path) => source(path).split('#[cfg(test)]')[0])
      .join('\n');
    const read = new Set([...code.matchAll(/"(QUAESTOR_\w+)"/g)].map((match) => match[1]!));
    const given = new Set(
      NAMES.flatMap((combination) => Object.keys(lambda(combination, name)?.Environment?.Variables ?? {})),
    );
    // Read by glibc, in a process whose memory was measured.
    if (name === 'write-report') {
      for (const setting of ['ARENA_MAX', 'MMAP_THRESHOLD_', 'TRIM_THRESHOLD_']) read.add(`MALLOC_${setting}`);
    }
    assert.deepEqual([...given].sort(), [...read].sort(), name);
  }
});

test('a function ends before the state machine gives it up', () => {
  const states: any[] = [];
  JSON.parse(DEFINITION, (_, value) =>
    value?.Resource === 'arn:aws:states:::lambda:invoke' ? states.push(value) && value : value,
  );
  assert.equal(states.length, 4);
  for (const { Parameters, TimeoutSeconds } of states) {
    const name = /\$\{(\w+)FunctionArn\}/
      .exec(Parameters.FunctionName)![1]!
      .replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-')
      .toLowerCase() as FunctionName;
    assert.ok(
      SIZES[name].seconds < TimeoutSeconds,
      `${name}: ${SIZES[name].seconds} s, but ${TimeoutSeconds} s in the state machine`,
    );
  }
});

test("the agent's schemas have the paths and properties of the code", () => {
  const tools = source('crates/aws/src/converse_agent/tools.rs');
  for (const { name, schema } of ACTION_GROUPS) {
    const [[path, { post }]] = Object.entries<any>(JSON.parse(schema).paths) as [[string, any]];
    assert.ok(tools.includes(`"${path}"`), path);
    const handler = source(`functions/${name}/src/handler.rs`);
    const { properties, required } = post.requestBody.content['application/json'].schema;
    const optional = Object.keys(properties).filter((property) => !required.includes(property));
    const read = (method: string) =>
      [...handler.matchAll(new RegExp(`\\.${method}\\("(\\w+)"\\)`, 'g'))].map((match) => match[1]!);
    assert.deepEqual([...new Set(read('require'))].sort(), required.toSorted(), name);
    assert.deepEqual([...new Set(read('optional'))].sort(), optional.sort(), name);
    for (const [property, { description }] of Object.entries<any>(properties)) {
      assert.ok(tools.includes(`"${property}"`) && tools.includes(`"${description}"`), `${name}: ${property}`);
    }
  }
  assert.ok(INSTRUCTION.length <= 4000);
});

test('the stack tells the command line all that it reads, and the system on one machine tells the same', () => {
  const cli = globSync('crates/cli/src/**/*.rs', { cwd: ROOT })
    .map((path) => source(path))
    .join('\n');
  const read = new Set([...cli.matchAll(/\b(?:output|find|database)\("([A-Z]\w+)"\)/g)].map((match) => match[1]!));
  assert.ok(read.size >= 8, [...read].join());
  const local = [...source('crates/local/src/system/stack.rs').matchAll(/\("([A-Z]\w+)"/g)].map((match) => match[1]!);
  assert.deepEqual(local.sort(), [...read].sort());
  for (const combination of NAMES) {
    const told = Object.keys(reporting(combination).template.findOutputs('*'));
    // Around a cluster whose administrator nobody named there is no such secret.
    const missing = [...read].filter((name) => !told.includes(name));
    assert.deepEqual(missing, combination === 'existing cluster' ? ['AdminSecretArn'] : [], combination);
  }
});

test('on one machine, too, those functions may not list that the table lets list nothing', () => {
  const [, named] = /WITHOUT_LISTING: .*? = \[(.*?)\]/s.exec(source('crates/local/src/system/functions.rs'))!;
  const denied = [...named!.matchAll(/"([a-z-]+)"/g)].map((match) => match[1]!);
  const listing = (name: FunctionName) => {
    const id = name.replaceAll(/(?:^|-)(\w)/g, (_, first: string) => first.toUpperCase());
    const calls = PERMISSIONS[`${name === 'provision-database' ? 'ReadOnlyRole' : 'Functions'}${id}Role`]!;
    return calls.some(({ needs }) => needs.some((need) => need.startsWith('s3:ListBucket ')));
  };
  assert.deepEqual(denied.sort(), FUNCTIONS.filter((name) => !listing(name)).sort());
});
