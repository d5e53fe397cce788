export { acceptCertificate, type AcceptedCertificate } from './accept-admission.js';
export * from './init-answers.js';
export * from './init-site.js';
export * from './join-consortium.js';
export * from './join-token-file.js';
