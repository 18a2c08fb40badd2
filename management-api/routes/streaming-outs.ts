import type { Routes } from '../http/api.ts';
import { MediaSubscriptionPatch, StreamingOutCreation } from '../schemas/media-requests.ts';
import { addNotOffered } from './not-offered.ts';

/** Sending streams to URLs: checked, and refused as not offered. */
export const streamingOutRoutes: Routes = async (api, { parts }) => {
  addNotOffered(api, parts, {
    noun: 'streaming-outs',
    tag: 'Streaming',
    list: true,
    create: StreamingOutCreation,
    change: MediaSubscriptionPatch,
    remove: true,
  });
};
