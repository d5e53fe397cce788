export { Inbox } from './inbox.js';
export { InboxItem, InboxView } from './inbox-item.js';
