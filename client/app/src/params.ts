/** What the address of the page asks for; see docs/sample-app.md. */
export interface PageParams {
  room: string;
  user: string;
  /** Role asked for; undefined lets the person choose. */
  role?: string;
  /** A token made elsewhere, instead of one from the development endpoint. */
  token?: string;
  autojoin: boolean;
  audio: boolean;
  video: boolean;
  codec?: VideoCodec;
  simulcast: boolean;
  iceTransportPolicy: 'all' | 'relay';
}

const videoCodecs = ['vp8', 'vp9', 'h264', 'av1'] as const;
export type VideoCodec = (typeof videoCodecs)[number];

export const defaultRoom = 'demo';
export const maxNameLength = 60;

/** Turns what a person types into a room id: letters, digits, `-` and `_`, at most 100. */
export const cleanRoom = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^0-9A-Za-z_-]+/gu, '-')
    .replace(/^-+/u, '')
    .slice(0, 100);

const isCodec = (text: string | null): text is VideoCodec => videoCodecs.some((codec) => codec === text);

/** Reads the query of the page; whatever is missing or senseless becomes the default. */
export const readParams = (search: string): PageParams => {
  const query = new URLSearchParams(search);
  const on = (name: string): boolean => !['0', 'false', 'no'].includes(query.get(name) ?? '');
  const role = query.get('role')?.trim();
  const token = query.get('token')?.trim();
  const codec = query.get('codec');
  return {
    room: cleanRoom(query.get('room') ?? ''),
    user: (query.get('user') ?? '').trim().slice(0, maxNameLength),
    ...(role ? { role } : {}),
    ...(token ? { token } : {}),
    autojoin: query.has('autojoin') && on('autojoin'),
    audio: on('audio'),
    video: on('video'),
    ...(isCodec(codec) ? { codec } : {}),
    simulcast: on('simulcast'),
    iceTransportPolicy: query.get('iceTransportPolicy') === 'relay' ? 'relay' : 'all',
  };
};

/** The address to hand to others: the same page and room, nothing personal. */
export const inviteLink = (page: string, room: string): string => {
  const link = new URL(page);
  link.search = new URLSearchParams({ room }).toString();
  link.hash = '';
  return link.href;
};
