import { PorticoError } from '../../common/contract/errors.ts';
import type { Routes } from '../http/api.ts';
import { callerOf, type Caller } from '../http/auth/caller.ts';
import { operation } from '../http/operation.ts';
import { linkNext, pageOf } from '../http/paging.ts';
import { AuditList, AuditQuery } from '../schemas/audit.ts';

/** Whose changes are meant; the super service sees all when it names nobody. */
function serviceFilter({ service, isSuper }: Caller, wanted: string | undefined): { service?: string } {
  if (isSuper) return wanted === undefined ? {} : { service: wanted };
  if (wanted === undefined || wanted === service.id) return { service: service.id };
  throw new PorticoError('forbidden', 'only the super service sees what others did', { field: 'service' });
}

/** Who changed what. */
export const auditRoutes: Routes = async (api, { parts }) => {
  const schema = {
    ...operation({
      tag: 'Audit',
      summary: 'Lists what was changed through this API.',
      description: 'Tokens that were issued are listed at `tokens`.',
      ok: AuditList,
      errors: ['forbidden'],
    }),
    querystring: AuditQuery,
  };
  api.get('/audit', { schema }, async (request, reply) => {
    const { room, service, ...page } = request.query;
    const filter = {
      ...serviceFilter(callerOf(request), service),
      ...(room === undefined ? {} : { room }),
    };
    return linkNext(request, reply, await parts.store.audit.list(filter, pageOf(page)));
  });
};
