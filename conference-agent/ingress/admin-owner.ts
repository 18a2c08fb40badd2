import { ParticipantId } from '../../common/contract/ids.ts';

/** Who owns what management brings into a room, as OWT calls it (OWT 5.1). Participants have random ids. */
export const adminOwner = ParticipantId.parse('admin');
