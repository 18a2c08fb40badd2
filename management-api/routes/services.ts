import { PorticoError } from '../../common/contract/errors.ts';
import type { Api, Routes } from '../http/api.ts';
import { record } from '../http/audit.ts';
import { requireSuper } from '../http/auth/caller.ts';
import { operation } from '../http/operation.ts';
import type { ApiParts } from '../http/parts.ts';
import { IdParams } from '../schemas/common.ts';
import {
  KeyRotation,
  NewService,
  Service,
  ServiceCreation,
  ServiceDeleted,
  ServiceList,
} from '../schemas/services.ts';
import type { KnownService } from '../services/directory.ts';

const tag = 'Services';

const shown = ({ id, name, isStatic, createdAt }: KnownService): Service => ({
  _id: id,
  name,
  static: isStatic,
  ...(createdAt === undefined ? {} : { createdAt }),
});

/** Services: only the super service manages them. */
export const serviceRoutes: Routes = async (api, { parts }) => {
  addCreate(api, parts);
  addList(api, parts);
  addGet(api, parts);
  addRotate(api, parts);
  addDelete(api, parts);
};

function addCreate(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Makes a service.',
      description: 'The answer is the only one that shows its key.',
      ok: NewService,
      errors: ['forbidden', 'service_exists', 'idempotency_conflict'],
    }),
    body: ServiceCreation,
  };
  api.post('', { schema, config: { idempotent: true } }, async (request) => {
    requireSuper(request);
    const { name, id, key } = request.body;
    const made = await parts.directory.create({
      name,
      ...(id === undefined ? {} : { id }),
      ...(key === undefined ? {} : { key }),
    });
    await record(parts, request, { action: 'service.create', target: made.id });
    return { ...shown(made), key: made.key };
  });
}

function addList(api: Api, parts: ApiParts): void {
  const schema = operation({ tag, summary: 'Lists services.', ok: ServiceList, errors: ['forbidden'] });
  api.get('', { schema }, async (request) => {
    requireSuper(request);
    return (await parts.directory.list()).map(shown);
  });
}

function addGet(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Shows a service.',
      ok: Service,
      errors: ['forbidden', 'service_not_found'],
    }),
    params: IdParams,
  };
  api.get('/:id', { schema }, async (request) => {
    requireSuper(request);
    const found = await parts.directory.find(request.params.id);
    if (found === undefined) throw new PorticoError('service_not_found', 'Service not found');
    return shown(found);
  });
}

function addRotate(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Gives a service another key.',
      description:
        'What was signed with the old one is refused from now on; the answer is the only one that shows it.',
      ok: NewService,
      errors: ['forbidden', 'service_not_found', 'idempotency_conflict'],
    }),
    params: IdParams,
    body: KeyRotation.prefault({}),
  };
  api.post('/:id/key', { schema, config: { idempotent: true } }, async (request) => {
    requireSuper(request);
    const changed = await parts.directory.rotate(request.params.id, request.body.key);
    await record(parts, request, { action: 'service.rotate', target: changed.id });
    return { ...shown(changed), key: changed.key };
  });
}

function addDelete(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Deletes a service with its rooms; whoever is inside is sent away.',
      ok: ServiceDeleted,
      errors: ['forbidden', 'service_not_found'],
    }),
    params: IdParams,
  };
  api.delete('/:id', { schema }, async (request) => {
    requireSuper(request);
    const { id } = request.params;
    const rooms = await parts.directory.delete(id);
    for (const room of rooms) parts.rooms.changed(room);
    await Promise.all(rooms.map((room) => parts.pushes.delete(room)));
    await record(parts, request, { action: 'service.delete', target: id, detail: { rooms: rooms.length } });
    return 'Service deleted' as const;
  });
}
