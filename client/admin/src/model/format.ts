/** `0`, `850 bit/s`, `64 kbit/s`, `1.25 Mbit/s`. */
export function formatRate(bitsPerSecond: number): string {
  if (bitsPerSecond <= 0) return '0';
  const units = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s'];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(bitsPerSecond) / 3)));
  const value = bitsPerSecond / 1000 ** step;
  // kbit/s are whole: their tenths only flicker.
  const digits = step < 2 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const text = value.toFixed(digits);
  return text === '1000' && step < units.length - 1
    ? `1 ${units[step + 1] ?? ''}`
    : `${text} ${units[step] ?? ''}`;
}

/** `0 %`, `0.4 %`, `12 %`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent <= 0) return '0 %';
  if (percent < 0.1) return '<0.1 %';
  return `${percent < 10 ? percent.toFixed(1).replace(/\.0$/u, '') : percent.toFixed(0)} %`;
}

/** `12 s`, `4 min`, `3 h 20 min`, `2 d 4 h`: the two largest units, roughly. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  const join = (large: number, unit: string, small: number, part: string): string =>
    small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${part}`;
  if (hours < 24) return join(hours, 'h', minutes % 60, 'min');
  return join(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

const two = (value: number): string => String(value).padStart(2, '0');

/** `0:07`, `12:30`, `1:02:09`. */
export function formatLength(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = two(seconds % 60);
  return hours > 0 ? `${String(hours)}:${two(minutes)}:${rest}` : `${String(minutes)}:${rest}`;
}

/** `0 B`, `850 kB`, `12.3 MB`. */
export function formatSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return `${step < 2 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[step] ?? ''}`;
}

/** Time of day, with the date unless it is today. */
export function formatTime(at: number, now = Date.now()): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  if (date.toDateString() === new Date(now).toDateString()) return time;
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  const day = date.toLocaleDateString([], {
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  });
  return `${day}, ${time}`;
}

/** `1 room`, `2 rooms`. */
export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number.toLocaleString()} ${number === 1 ? one : many}`;

/** `VP8`, `H.264 CB`, `Opus`. */
export function formatCodec(format: { codec: string; profile?: string | undefined } | undefined): string {
  if (format === undefined) return '–';
  const names: Record<string, string> = { h264: 'H.264', h265: 'H.265', opus: 'Opus', g722: 'G.722' };
  const name = names[format.codec.toLowerCase()] ?? format.codec.toUpperCase();
  return format.profile === undefined ? name : `${name} ${format.profile}`;
}

/** Long ids: the beginning and the end. */
export const shortId = (id: string, length = 14): string =>
  id.length <= length ? id : `${id.slice(0, length - 5)}…${id.slice(-4)}`;
