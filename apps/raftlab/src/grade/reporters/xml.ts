// XML as text, well-formed for all strings.

/** The first line of a document. */
export const xmlDeclaration = '<?xml version="1.0" encoding="UTF-8"?>';

/** An element with its attributes and its content: elements that were made earlier, or a text. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  content: readonly string[] | { readonly text: string } = [],
): string {
  const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}="${attributeText(String(value))}"`);
  const tag = `${name}${pairs.join('')}`;
  if ('text' in content) return `<${tag}>${escape(content.text)}</${name}>`;
  return content.length === 0 ? `<${tag}/>` : `<${tag}>\n${content.join('\n')}\n</${name}>`;
}

/** Parsers convert plain white space in an attribute to spaces. */
function attributeText(text: string): string {
  return escape(text).replaceAll('"', '&quot;').replaceAll('\t', '&#9;').replaceAll('\n', '&#10;');
}

/** Characters that XML 1.0 cannot represent (control characters, unpaired surrogates) become the text `\u001b`. */
function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;')
    .replaceAll(
      // oxlint-disable-next-line no-control-regex -- these are what it is about
      /[\0-\u{8}\v\f\u{e}-\u{1f}\u{d800}-\u{dfff}\u{fffe}\u{ffff}]/gu,
      (character) => String.raw`\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}
