export { attemptTranscript, type Attempt } from './attempt-transcript.js';
export { createCertificateAuthority, openCertificateAuthority, type CertificateAuthority } from './certificate-authority.js';
export { certificateLife, type CertificateLife } from './certificate-life.js';
export { spkiSha256, type IssuedCertificate } from './certificate.js';
export { CoordinatorAddress } from './coordinator-address.js';
export { checkCountersignature } from './countersignature.js';
export { fingerprintWords } from './fingerprint-words.js';
export { fetchAuthenticatedCa, type FirstContact } from './first-contact.js';
export { identitySigner, readIdentityKey, type IdentitySigner, type SignatureCheck } from './identity-signer.js';
export { hashTokenSecret, mintJoinToken, parseJoinToken, type JoinToken } from './join-token.js';
export { checkRosterChain, nextRoster, rosterChange, rosterStatement, rosterWords, sameKeys, type RosterChange } from './roster-chain.js';
export { memberOf, memberWords, parseRoster, rosterHash, type Roster, type RosterMember } from './roster.js';
export {
  createOfficerKey,
  officerPublicKey,
  officerWords,
  parseOfficerKey,
  parseOfficerPublicKey,
  type OfficerKeyTexts,
} from './officer-key.js';
export { rawSigner, readRawKey, type RawSigner } from './raw-signatures.js';
export { openSealed, sealTo, type Sealed } from './sealing.js';
export { readSecretFile, writeSecretFile, type SecretFileOptions } from './secret-file.js';
export { issueServerCertificate, type ServerCertificate } from './server-certificate.js';
export { checkCsr, issueSiteCertificate } from './site-certificate.js';
export { createSiteKeys, loadSiteKeys, SITE_KEY_FILES, type SiteKeys } from './site-keys.js';
export { ConsortiumName, siteOfCertificate, siteUri } from './spiffe.js';
export { hasSigned, signStatement, verifyStatement, type SignedStatement } from './statement-signature.js';
export { bundleMac, checkKey, haveMac, stateMac } from './study-macs.js';
export { createCsr, createTransportKey } from './transport-keys.js';
