/**
 * Reads a narrative's XHTML as R4 restricts it (txt-1, txt-2): well-formed, one div in the XHTML namespace, only the
 * elements and attributes of basic HTML, some content. Nothing here renders it, and nothing else in Fernpost does
 * (Spec bundle §1, decision 5). The scan is one pass without recursion, so no nesting can hurt it.
 */
export function narrativeFault(xhtml: string): string | undefined {
  const open: string[] = [];
  let content = false;
  let roots = 0;
  pieceForm.lastIndex = 0;
  while (pieceForm.lastIndex < xhtml.length) {
    const [whole, end, start, attributes = '', closed, text] = pieceForm.exec(xhtml) ?? [];
    if (whole === undefined) return 'the narrative is not well-formed XHTML';
    if (end !== undefined) {
      if (open.pop() !== end) return 'the narrative is not well-formed XHTML: its tags do not nest';
    } else if (start !== undefined) {
      const fault = startFault(start, attributes, open.length);
      if (fault !== undefined) return fault;
      if (open.length === 0) roots += 1;
      if (start === 'img') content = true;
      if (closed !== '/') open.push(start);
    } else if (text !== undefined && text.trim() !== '') {
      if (open.length === 0) return 'the narrative has text outside its div';
      if (!entitiesAreGood(text)) return 'the narrative is not well-formed XHTML: an entity';
      content = true;
    }
  }
  if (open.length > 0 || roots !== 1) return 'the narrative is not well-formed XHTML: expected one div';
  return content ? undefined : 'txt-2: the narrative has no content';
}

/** Whether a narrative holds what could run or fetch: script, event handlers, frames, styles that load (Spec bundle §2). */
export function isActive(xhtml: string): boolean {
  return activeForms.some((form) => form.test(xhtml));
}

const activeForms: readonly RegExp[] = [
  /<\s*(?:\/\s*)?(?:[a-z0-9]+:)?(?:script|iframe|frame|frameset|object|embed|applet|form|input|button|link|meta|base|style|svg|math|template|video|audio|source|portal|noscript|textarea|select)\b/i,
  /[\s"'/]on[a-z]+\s*=/i,
  /(?:href|src|cite|longdesc|usemap)\s*=\s*["']?[^"'<>:]{0,64}(?:script|data|file)\s*:/i,
  /(?:href|src|cite|longdesc|usemap)\s*=\s*["']?[^"'<>:]{0,64}&(?:#|colon|Tab|NewLine)/i,
  /style\s*=\s*["'][^<>]{0,1000}(?:expression\s*\(|url\s*\(|@import|-moz-binding|behavior\s*:)/i,
  /<!(?:DOCTYPE|ENTITY|\[CDATA\[)/i,
  /<\?/,
];

/** In turn: a comment; an end tag; a start tag with its attributes; text. */
const pieceForm =
  /<!--(?:(?!--)[\s\S])*-->|<\/([A-Za-z][A-Za-z0-9:]*)\s*>|<([A-Za-z][A-Za-z0-9:]*)((?:\s+[A-Za-z_][A-Za-z0-9:_.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;
const attributeForm = /([A-Za-z_][A-Za-z0-9:_.-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g;
const xhtmlNamespace = 'http://www.w3.org/1999/xhtml';

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

const elements = words(
  'p br div h1 h2 h3 h4 h5 h6 a span b em i strong small big tt dfn q var abbr acronym cite blockquote hr address bdo ' +
    'kbd sub sup ul ol li dl dt dd pre table caption colgroup col thead tr tfoot tbody th td code samp img map area ins del',
);
const anywhere = words(
  'title style class ID id lang xml:lang xml:space dir accesskey tabindex align valign char charoff abbr axis headers ' +
    'scope rowspan colspan span width height compact start type value border',
);
const onlyOn: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['div', words('xmlns')],
  ['a', words('href name charset hreflang rel rev shape coords')],
  ['img', words('src alt longdesc usemap ismap')],
  ['blockquote', words('cite')],
  ['q', words('cite')],
  ['map', words('name')],
  ['area', words('shape coords href nohref alt')],
  ['table', words('summary frame rules cellspacing cellpadding')],
  ['td', words('nowrap')],
  ['th', words('nowrap')],
  ['ins', words('cite datetime')],
  ['del', words('cite datetime')],
]);

function startFault(name: string, attributes: string, depth: number): string | undefined {
  if (depth === 0 && name !== 'div') return 'txt-1: a narrative is one div';
  if (!elements.has(name)) return 'txt-1: the narrative holds an element that is not basic HTML';
  let namespace: string | undefined;
  const seen = new Set<string>();
  for (const [, attribute = '', double, single] of attributes.matchAll(attributeForm)) {
    const value = double ?? single ?? '';
    if (seen.has(attribute)) return 'the narrative is not well-formed XHTML: an attribute twice';
    seen.add(attribute);
    if (attribute === 'xmlns') namespace = value;
    if (attribute !== 'xmlns' && !anywhere.has(attribute) && onlyOn.get(name)?.has(attribute) !== true)
      return 'txt-1: the narrative holds an attribute that is not basic HTML';
    if (!entitiesAreGood(value)) return 'the narrative is not well-formed XHTML: an entity';
  }
  if (depth === 0 && namespace !== xhtmlNamespace) return 'a narrative is a div in the XHTML namespace';
  return namespace !== undefined && namespace !== xhtmlNamespace ? 'txt-1: another namespace than XHTML' : undefined;
}

/** An ampersand begins an entity: of XML, of HTML 4 by name, or by number. */
function entitiesAreGood(text: string): boolean {
  return !/&(?!(?:[A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)/.test(text);
}
