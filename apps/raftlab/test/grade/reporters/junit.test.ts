// JUnit XML, through the command line: a strict parser accepts it, and its counts equal those of the text.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { XmlDocument, XmlElement, XsdValidator } from 'libxml2-wasm';
import { expect, onTestFinished, test } from 'vitest';
import { runGrade } from '../../command-line.ts';
import { fixture, temporaryFolder } from '../../modules.ts';

/** The document, after it was validated with the schema. */
function parse(text: string): XmlDocument {
  const schema = readFileSync(fileURLToPath(new URL('junit.xsd', import.meta.url)), 'utf8');
  const schemaDocument = open(schema);
  const validator = XsdValidator.fromDoc(schemaDocument);
  onTestFinished(() => validator.dispose());
  const document = open(text);
  validator.validate(document);
  return document;
}

/** Throws if the text is not well-formed. */
function open(text: string): XmlDocument {
  const document = XmlDocument.fromString(text);
  onTestFinished(() => document.dispose());
  return document;
}

function attributes(document: XmlDocument, xpath: string): Array<Record<string, string>> {
  return document.find(xpath).map((node) => {
    if (!(node instanceof XmlElement)) throw new Error(`${xpath} finds what is no element`);
    return Object.fromEntries(node.attrs.map(({ name, value }) => [name, value]));
  });
}

test('a suite for each part, a case for each test, with its seed', async () => {
  const { code, out, error } = await runGrade('3A', 'basicAgree', '--seed', '1', '--reporter', 'junit');
  expect(error).toBe('');
  expect(code).toBe(0);
  const document = parse(out);
  expect(attributes(document, '/testsuites')).toMatchObject([{ tests: '4', failures: '0' }]);
  expect(attributes(document, '//testsuite')).toMatchObject([
    { name: '3A', tests: '3', failures: '0' },
    { name: '3B', tests: '1', failures: '0' },
  ]);
  expect(attributes(document, '//testcase')).toMatchObject([
    { classname: '3A', name: 'TestInitialElection3A' },
    { classname: '3A', name: 'TestReElection3A' },
    { classname: '3A', name: 'TestManyElections3A' },
    { classname: '3B', name: 'TestBasicAgree3B' },
  ]);
  expect(attributes(document, '//property[@name="seed"]')).toEqual(
    Array.from({ length: 4 }, () => ({ name: 'seed', value: '1' })),
  );
});

test('over several runs the names differ by their seeds', async () => {
  const file = join(temporaryFolder(), 'grade.xml');
  await runGrade('initialElection', '--seed', '7', '--runs', '2', '--reporter', `junit=${file}`);
  expect(attributes(parse(readFileSync(file, 'utf8')), '//testcase')).toMatchObject([
    { name: 'TestInitialElection3A seed 7' },
    { name: 'TestInitialElection3A seed 8' },
  ]);
});

test('a failure has its first line, its kind, and the lines of the text', async () => {
  const path = fixture('broken/throws-in-a-handler.ts');
  const args = ['initialElection', '--seed', '1', '--impl', path, '--reporter', 'junit'];
  const { code, out } = await runGrade(...args);
  expect(code).toBe(1);
  const document = parse(out);
  expect(attributes(document, '//testsuite')).toMatchObject([{ tests: '1', failures: '1' }]);
  expect(attributes(document, '//failure')).toEqual([
    {
      type: 'ImplementationFault',
      message: expect.stringMatching(/^server \d: the handler of Raft\.RequestVote threw TypeError: /),
    },
  ]);
  const text = document.get('//failure')?.content ?? '';
  expect(text).toContain(`replay  npm run grade -- TestInitialElection3A --seed 1 --impl ${path}\n`);
  expect(text).toContain('the last events:\n');
});
