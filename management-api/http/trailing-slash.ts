import type { FastifyInstance, RouteOptions } from 'fastify';

/** A route's config that says that it stands for another one. */
const twin = 'portico:slash';

/**
 * Every route is reachable with a slash at its end, too (OWT 7.3). Done route by route, because the same option of
 * Fastify would concern all that is on this port.
 */
export function acceptTrailingSlash(app: FastifyInstance): void {
  app.addHook('onRoute', function (this: FastifyInstance, route) {
    const config = (route.config ?? {}) as Record<string, unknown>;
    if (route.url.endsWith('/') || route.url.endsWith('*') || config[twin] === true) return;
    if (route.method === 'HEAD') return;
    const own: RouteOptions = {
      ...route,
      url: `${route.url.slice(route.prefix.length)}/`,
      prefixTrailingSlash: 'slash',
      config: { ...route.config, [twin]: true } as RouteOptions['config'] & object,
      schema: { ...route.schema, hide: true },
    };
    this.route(own);
  });
}
