import type { Routes } from '../http/api.ts';
import { SipCallCreation, SipCallPatch } from '../schemas/media-requests.ts';
import { addNotOffered } from './not-offered.ts';

/** Calls by SIP: checked, and refused as not offered. */
export const sipCallRoutes: Routes = async (api, { parts }) => {
  addNotOffered(api, parts, {
    noun: 'sipcalls',
    tag: 'SIP',
    list: true,
    create: SipCallCreation,
    change: SipCallPatch,
    remove: true,
  });
};
