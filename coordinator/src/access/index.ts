export { AdminGuard, OpenToAnybody } from './admin-guard.js';
export { ADMIN_TOKEN_FILE, AdminToken, openAdminToken } from './admin-token.js';
