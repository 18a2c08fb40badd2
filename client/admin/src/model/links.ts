/** Where the sample app takes a token (docs/sample-app.md). */
export function joinLink(portal: string, joining: { room: string; user: string; token: string }): string {
  const link = new URL(portal);
  if (!link.pathname.endsWith('/')) link.pathname += '/';
  link.search = new URLSearchParams(joining).toString();
  return link.href;
}
