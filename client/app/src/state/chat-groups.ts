import type { ChatMessage } from './types.ts';

/** Messages of one person in a row, shown under one name and time. */
export interface MessageGroup {
  key: string;
  name: string;
  mine: boolean;
  privateTo: string | null;
  at: number;
  messages: ChatMessage[];
}

/** A pause longer than this, in milliseconds, starts a new group. */
const maxPause = 120_000;

const belongs = (group: MessageGroup, message: ChatMessage): boolean => {
  const last = group.messages.at(-1);
  return (
    last !== undefined &&
    last.from === message.from &&
    group.privateTo === message.privateTo &&
    message.at - last.at < maxPause
  );
};

export const groupMessages = (messages: readonly ChatMessage[]): MessageGroup[] => {
  const groups: MessageGroup[] = [];
  for (const message of messages) {
    const group = groups.at(-1);
    if (group && belongs(group, message)) group.messages.push(message);
    else {
      const { key, name, mine, privateTo, at } = message;
      groups.push({ key, name, mine, privateTo, at, messages: [message] });
    }
  }
  return groups;
};
