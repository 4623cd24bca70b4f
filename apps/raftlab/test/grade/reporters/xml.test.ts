// XML is well-formed and has the given content, for any strings.
import * as fc from 'fast-check';
import { XmlDocument, XmlElement } from 'libxml2-wasm';
import { element, xmlDeclaration } from '#src/grade/reporters/xml';
import { expect, test } from 'vitest';

/** What a strict parser finds in an element with this attribute and this text. */
function readBack(attribute: string, text: string): { attribute: string | undefined; text: string } {
  const xml = `${xmlDeclaration}\n${element('a', { b: attribute }, { text })}\n`;
  const document = XmlDocument.fromString(xml);
  try {
    const root = document.root;
    if (!(root instanceof XmlElement)) throw new Error('no root');
    return { attribute: root.attr('b')?.value, text: root.content };
  } finally {
    document.dispose();
  }
}

test('any two strings of XML characters are parsed unchanged', () => {
  const allowed = fc.string({ unit: 'binary' }).filter((text) => !hasUnspeakable(text));
  fc.assert(
    fc.property(allowed, allowed, (attribute, text) => {
      expect(readBack(attribute, text)).toEqual({ attribute, text });
    }),
  );
});

test('any code units result in a well-formed document', () => {
  const codeUnits = fc
    .array(fc.integer({ min: 0, max: 0xffff }))
    .map((codes) => String.fromCharCode(...codes));
  fc.assert(fc.property(codeUnits, (text) => void readBack(text, text)));
});

test.each([
  ['\u{1b}[31mred', String.raw`\u001b[31mred`],
  ['\0', String.raw`\u0000`],
  ['\u{d800}', String.raw`\ud800`],
  ['\u{ffff}', String.raw`\uffff`],
  [' a\r\n\tb ', ' a\r\n\tb '],
  [']]>&amp;<![CDATA["\'', ']]>&amp;<![CDATA["\''],
])('%j is read back as %j', (given, expected) => {
  expect(readBack(given, given)).toEqual({ attribute: expected, text: expected });
});

test('elements contain elements, and an empty one is self-closing', () => {
  expect(element('a', {}, [element('b', { c: 1 })])).toBe('<a>\n<b c="1"/>\n</a>');
});

/** Outside of the characters that XML 1.0 defines (section 2.2). */
function hasUnspeakable(text: string): boolean {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0).some(
    (code) =>
      (code < 0x20 && ![0x9, 0xa, 0xd].includes(code)) ||
      (code >= 0xd800 && code < 0xe000) ||
      code === 0xfffe ||
      code === 0xffff,
  );
}
