/** Where in the page one is: the part of the address after `#`. */
export type Route =
  | { page: 'overview' }
  | { page: 'rooms' }
  | { page: 'room'; room: string }
  | { page: 'tokens'; room?: string }
  | { page: 'webhooks' }
  | { page: 'audit'; room?: string };

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

export function readRoute(hash: string): Route {
  const [page = '', room = ''] = hash.replace(/^#\/?/u, '').split('/').map(decode);
  switch (page) {
    case 'rooms':
      return room === '' ? { page } : { page: 'room', room };
    case 'tokens':
    case 'audit':
      return room === '' ? { page } : { page, room };
    case 'webhooks':
      return { page };
    default:
      return { page: 'overview' };
  }
}

export function linkTo(route: Route): string {
  if (route.page === 'overview') return '#/';
  const page = route.page === 'room' ? 'rooms' : route.page;
  const room = 'room' in route ? `/${encodeURIComponent(route.room)}` : '';
  return `#/${page}${room}`;
}
