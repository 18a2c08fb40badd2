import type { Config } from '../common/config/schema.ts';
import { isLoopback } from './network.ts';

export interface BannerFacts {
  version: string;
  /** URL of the page. */
  url: string;
  /** URL of the management API. */
  apiUrl: string;
  config: Config;
  devMode: boolean;
  /** Folder of generated keys. */
  dataDir: string;
  /** UDP and TCP ports of the media workers. */
  mediaPorts: readonly number[];
  healthPort: number | undefined;
  worker: string;
  /** How this user calls the command. */
  command: string;
  ffmpeg: string;
}

const labelWidth = 11;
const row = (label: string, text: string): string => `  ${label.padEnd(labelWidth)}${text}`;

function portRange(ports: readonly number[]): string {
  if (ports.length === 0) return 'any free';
  const sorted = ports.toSorted((a, b) => a - b);
  const [first = 0] = sorted;
  const last = sorted.at(-1) ?? first;
  if (first === last) return String(first);
  return last - first === sorted.length - 1 ? `${first}-${last}` : sorted.join(', ');
}

function portRows({ url, apiUrl, config, mediaPorts, healthPort }: BannerFacts): string[] {
  const { port, protocol } = new URL(url);
  const listening = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  const rows: [ports: string, transport: string, use: string][] = [
    [
      config.server.public_url === '' ? listening : String(config.server.port),
      'TCP',
      apiUrl === url ? 'page, SDK, signalling, API' : 'page, SDK, signalling',
    ],
    [portRange(mediaPorts), 'UDP, TCP', 'media'],
  ];
  if (apiUrl !== url) rows.push([new URL(apiUrl).port, 'TCP', 'management API']);
  if (healthPort !== undefined) rows.push([String(healthPort), 'TCP', 'health and metrics']);
  const width = Math.max(...rows.map(([ports]) => ports.length)) + 3;
  return rows.map(([ports, transport, use], index) =>
    row(index === 0 ? 'Ports' : '', `${ports.padEnd(width)}${transport.padEnd(11)}${use}`),
  );
}

function joinRows({ url, devMode, command }: BannerFacts): string[] {
  if (devMode)
    return [row('Join', `${url}/?room=demo`), row('', 'open it in two tabs, or send it to somebody')];
  return [row('Token', `${command} token create --room demo --user alice`)];
}

/** Browsers give camera and microphone to secure pages only. */
function securityNotice({ config, url }: BannerFacts): string[] {
  if (isLoopback(config.server.host) || url.startsWith('https:')) return [];
  return [
    '',
    '  Browsers give camera and microphone only to pages from https:// and from localhost, so people on',
    '  other machines cannot send anything yet. Give the server a certificate:',
    '    --tls-certificate fullchain.pem --tls-key privkey.pem',
    '  or put a proxy with a certificate in front and tell its address:',
    '    --set server.public_url=https://conference.example.com',
  ];
}

function modeNotice({ config, devMode, dataDir }: BannerFacts): string[] {
  if (devMode && isLoopback(config.server.host)) {
    return ['', '  Dev mode: the page hands out tokens to everybody on this machine.'];
  }
  if (devMode) {
    return [
      '',
      '  WARNING: dev mode (--dev) on an address that others can reach: whoever opens the page may join any',
      '  room in any role. Use it in a network that you trust, and not for long.',
    ];
  }
  const key = config.auth.services.length > 0 ? '[auth] of the configuration' : `a key kept in ${dataDir}`;
  return [
    '',
    `  Joining needs a token signed with ${key}. The sample page has none to give`,
    '  outside of dev mode (--dev).',
  ];
}

/** What `portico start` says when it is ready. */
export function banner(facts: BannerFacts): string {
  return [
    '',
    `  Portico ${facts.version}`,
    '',
    row('Page', `${facts.url}/`),
    ...joinRows(facts),
    row('Admin', `${facts.apiUrl}/admin/`),
    row('API', `${facts.apiUrl}/docs`),
    '',
    ...portRows(facts),
    row('Worker', facts.worker),
    row('FFmpeg', facts.ffmpeg),
    ...securityNotice(facts),
    ...modeNotice(facts),
    '',
    '  Ctrl-C ends it.',
    '',
  ].join('\n');
}
