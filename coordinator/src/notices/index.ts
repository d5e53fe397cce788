export { Dispatcher } from './dispatcher.js';
export { NOTICE_TITLES, NoticeKind } from './notice-kinds.js';
export { Notices } from './notices.js';
export { NewWebhook, Webhooks, WebhookView, WebhookWish } from './webhooks.js';
