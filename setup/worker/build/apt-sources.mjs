// @ts-check
/**
 * Reads the machine's own package sources, to fetch the *source* of a package from the same archive
 * without touching the machine's configuration.
 *
 * @typedef {object} Source
 * @property {string[]} uris
 * @property {string[]} suites
 * @property {string[]} components
 * @property {Record<string, string>} options deb822 names, e.g. `Signed-By`
 */

/** Options of the one-line format, with their deb822 names. @type {Readonly<Record<string, string>>} */
const OPTION_NAMES = {
  'signed-by': 'Signed-By',
  trusted: 'Trusted',
  'check-valid-until': 'Check-Valid-Until',
  'allow-insecure': 'Allow-Insecure',
  'allow-weak': 'Allow-Weak',
};

/** @param {string} text */
const words = (text) => text.trim().split(/\s+/).filter(Boolean);

/**
 * @param {string} text of a `*.list` file
 * @returns {Source[]}
 */
export function parseOneLineSources(text) {
  return text.split('\n').flatMap((raw) => {
    const match = /^deb(?:-src)?\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#]*)/.exec(raw.trim());
    if (!match) return [];
    const [, options = '', uri = '', suite = '', components = ''] = match;
    return [
      { uris: [uri], suites: [suite], components: words(components), options: oneLineOptions(options) },
    ];
  });
}

/** @param {string} text e.g. `arch=amd64 signed-by=/usr/share/keyrings/x.gpg` */
function oneLineOptions(text) {
  const pairs = words(text)
    .map((option) => option.split('='))
    .flatMap(([name = '', value = '']) => {
      const known = OPTION_NAMES[name.toLowerCase()];
      return known === undefined ? [] : [[known, value.replaceAll(',', ' ')]];
    });
  return Object.fromEntries(pairs);
}

/**
 * @param {string} text of a deb822 `*.sources` file
 * @returns {Source[]}
 */
export function parseDeb822Sources(text) {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .split(/\n\s*\n/)
    .map(deb822Fields)
    .filter((fields) => fields['uris'] !== undefined && fields['enabled'] !== 'no')
    .map((fields) => ({
      uris: words(fields['uris'] ?? ''),
      suites: words(fields['suites'] ?? ''),
      components: words(fields['components'] ?? ''),
      options: Object.fromEntries(
        Object.entries(OPTION_NAMES).flatMap(([name, known]) =>
          fields[name] === undefined ? [] : [[known, fields[name]]],
        ),
      ),
    }));
}

/**
 * @param {string} stanza
 * @returns {Record<string, string>} field names in lower case; continuation lines kept as they are
 *   (a key may be written out inside `Signed-By`)
 */
function deb822Fields(stanza) {
  const fields = stanza.split(/\n(?![ \t])/).map((field) => /^([\w-]+):[ \t]*([\s\S]*)$/.exec(field));
  return Object.fromEntries(
    fields.flatMap((match) => (match ? [[match[1]?.toLowerCase(), match[2]?.trimEnd()]] : [])),
  );
}

/**
 * @param {Source[]} sources
 * @param {string} codename of the running release, e.g. `bookworm`
 * @returns {string} deb822 text that names the source packages of the distribution itself; empty when
 *   no entry is the distribution's. Third parties use other suites or components.
 */
export function sourcePackageEntries(sources, codename) {
  const suites = new Set([codename, `${codename}-updates`, `${codename}-security`, `${codename}/updates`]);
  const components = new Set(['main', 'universe']);
  return sources
    .map((source) => ({
      ...source,
      suites: source.suites.filter((suite) => suites.has(suite)),
      components: source.components.filter((component) => components.has(component)),
    }))
    .filter((source) => source.suites.length > 0 && source.components.length > 0)
    .map(({ uris, suites: names, components: parts, options }) =>
      Object.entries({
        Types: 'deb-src',
        URIs: uris.join(' '),
        Suites: names.join(' '),
        Components: parts.join(' '),
        ...options,
      })
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n'),
    )
    .join('\n\n');
}
