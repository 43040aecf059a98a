// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Keys of the RFCs' appendices, and tokens that another implementation (Python's cryptography) made with them.
#include <string_view>

namespace coroute::testing {

// RFC 7515 appendix A.1
inline constexpr std::string_view rfc_secret_jwk =
    R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})";
// RFC 7515 appendix A.2
inline constexpr std::string_view rfc_rsa_jwk =
    R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPM)"
    R"(EzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5)"
    R"(rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-D)"
    R"(WNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB","d":"Eq5xpGnNCivDflJsRQBXHx)"
    R"(1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoV)"
    R"(En2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2)"
    R"(QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjncz)"
    R"(T0QU91p1DhOVRuOopznQ","p":"4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3K)"
    R"(hooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc",)"
    R"("q":"uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_Y)"
    R"(wD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc","dp":"BwKfV3Akq5_MFZDF)"
    R"(ZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb3)"
    R"(4MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0","dq":"h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZj)"
    R"(eeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS)"
    R"(1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU","qi":"IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy)"
    R"(26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK)"
    R"(0JKSHuLFkuQ3U"})";
// RFC 7515 appendix A.3
inline constexpr std::string_view rfc_p256_jwk =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue6)"
    R"(59LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"})";
// Made by the other implementation.
inline constexpr std::string_view p384_jwk =
    R"({"kty":"EC","crv":"P-384","x":"6lCRK9ut6A6Td2ppe9ZeSyV6RFkmvebSQeM6Y5ie2CWKZBKSp-zqB2tyMx_G1pmR","y")"
    R"(:"OH3ilHvHpW72vuh6_wcs6V9pG1VfaT2DJMsWfm07oN5yXUhvj5cqrv14JmooIFof","d":"AAAAAAAAAAAAAAAAAAAAap6Oojy)"
    R"(2PCKPMa2SaLQJfxVtaqEdyynxS6zP8ZbOPwrS"})";
// RFC 7515 appendix A.4
inline constexpr std::string_view rfc_p521_jwk =
    R"({"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jS)"
    R"(fS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh)"
    R"(9ubmf63e3kyMj2","d":"AY5pb7A0UFiB3RELSD64fTLOSV_jazdF7fLYyuTw8lOfRhWg6Y6rUrPAxerEzgdRhajnu0ferB0d53v)"
    R"(M9mE15j2C"})";
// RFC 8037 appendix A.1
inline constexpr std::string_view rfc_ed25519_jwk =
    R"({"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7T)"
    R"(yWQHOg7hcvPapiMlrwIaaPcHURo"})";
// RFC 8032 section 7.4
inline constexpr std::string_view ed448_jwk =
    R"({"kty":"OKP","crv":"Ed448","d":"ZXIvEfZfm7XeT-kYVnwfIftaRZgz8Bo3b19BGMSJ2fdLaW4SRXH2sZjs2Arc8ewN3fuz)"
    R"(WRjev3rs","x":"l1kFulHU9ZNQSbIxY7sYt6NCmg1S1UMm_LGJhx36fE5koFG_6esy9wX5Pt-J0xsK6aB4JFHxT3CA"})";

struct ForeignToken {
  std::string_view algorithm;
  std::string_view jwk;
  std::string_view token;
};
/// All with the claims {"sub":"alice"}.
inline constexpr ForeignToken foreign_tokens[] = {
    {"HS256", rfc_secret_jwk,
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.lf_Da13TZEv5zgVUmQW0QY-K_jGJPC1IOjalc_vdu9"
     "c"},
    {"HS384", rfc_secret_jwk,
     "eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.A5N-pKhG6j4odaKy_vhrgMq2EwjADHQq-_qAczRosU"
     "tcGDcJleBEdpndBp2nazgb"},
    {"HS512", rfc_secret_jwk,
     "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.2j4k5dCqxMPQPVoCSoOg0s3aKrwtA-GXhgrS9ARxgc"
     "dxkMX4BykysMjbpsHGtHwVp9WU-gwXspKJ5IHp8GrRoA"},
    {"RS256", rfc_rsa_jwk,
     "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.lneV_T5vd_EgfKt6_yFUA8BJpawc9SVS8iNYSVSfdQ"
     "7F_oP7xDg9_42CZxduoPlEA6Pwpp-CHMPCyl2rHAKKgscFLb7N9VChXnNmZl4Ox2HCzSvVfRiXxVyc3SPtkQH9r8lrFNbWqZPc8h"
     "HjRm0QU23y1xMD_41ZHfIFaDs0a2Qijt5PJvrWlQ3Ydp1-8jwQZZEDqLIiUFRW8LB5yFQYrGqEX6BkQsFhl8xK7aR4rZA_abOC3P"
     "iX9MhoJqMIWRLnNaQA8BDaN2CNtcd2ormuvXlpAPoTQfI_sE4Jx9z97LQOJ86DNtdRNXzRecTPMp_KkB7DY412k7lNiGTUUyp22Q"},
    {"RS384", rfc_rsa_jwk,
     "eyJhbGciOiJSUzM4NCIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.DL_fLvScgyKgt_RhkgdDmtXAFKtYG8-6PBD9ctb6hj"
     "wi8RdMu_mmfmrZ5dF5ewZeiOl1647W_Ixl9sv8JrvB1TtqT0CGFhYu6fYxeh2923dm9MV8y_ScQeg2VGMatNnki16Zmgca66yMNO"
     "wWHCT3lMi-rs94JPDxEb_9xM-Zy6gHIM0sZhbSHCYqEJPD5suiCqhA-UqccWRDWNQSjn7GZNec1-KVS3o8t3g0P_w_A2SwXA1b9e"
     "HZuJRoMxYhcAtKYH8dBdXP8esDASQxgdFcKGnNnAvE1J5ecxQeSdsZCccgXy1zptNJ_zJEJReiDAzpWo7yWyFA8OPmgrY3CV1jkA"},
    {"RS512", rfc_rsa_jwk,
     "eyJhbGciOiJSUzUxMiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.GCOkSDJgxxnkUGLIabTs1r-m3DXM_iDQ74Cp3LXYaV"
     "NvmE3xR-W9H8NQhQT4PBAJ73b4klNcajl1C_WoOLg8-tKEKRvCSB4ewSd0c0K0Vb_sIpeK8osQvAgmN5SmkinlsV5gL6qIyS1qFa"
     "xXzOhOjjzIBW5y46tHb7MV2lItn5CKwymFJRfrCMJ0QtD2xZ78RBIFkMexZO4THb6RtyochrlDGOLlv3oH6HaF0THTRugWkjJmA-"
     "dQ-pcaCE9gb9Iw6iJadY2CHC97qBHOt9M3HAwhRKCZctnoh4t4Cc8aj2N0eZ_nZLoe3yKMmrd2-auAL8yCx8cZ4Bx6SCjhn-tFEA"},
    {"PS256", rfc_rsa_jwk,
     "eyJhbGciOiJQUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.aRcCRNNSC12WSfvEX49wVwJkxTGh1X-8gvzWDtAAVj"
     "EnPaJMr3l0jN9yyilil3i0DnOz7F_G98WH2E4A6pA9RUlLtbuTidP32kbFQ_K-S-Mp3HnYm-SAVYbso210vwGVf4Yieb6KllEWqb"
     "fkBTVlWebJ0tu_egT6i18v8CMqXOhjYX2C_vJPah4cwB93MT2F8292gCZ5inxkCFmUbfnF1l5ffTJdHB7LWGPgwsxL63nybG-yMT"
     "pIAFwF2TC4uQU1gK6FEldIXr9p8QLvLENF2QTt7-2vjWblQKP7l8WP33r9BHHEA8UwRcoKt9RR5bGFT5wQu-hoLC7cMGOeJNSC5A"},
    {"PS384", rfc_rsa_jwk,
     "eyJhbGciOiJQUzM4NCIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.OWZdSDIzWLovHkELHlHhzbuqTlok1Arhq8C9U2-zjN"
     "tjS5BLoo0_lD2rDQ12H-HbeKHrY9dvii2H9ghvE5b-O1dyyYo8wTskuP3TxrmIjeUjj_or6UUpRsoRAgTnkxHIIb5OvLmMYhjr3U"
     "GI05nQCQ38y3xInBROE0uOo4ysezc8DtEXY4p_145p2Qndnj1yGzwUKfE5Zu6vgrsloJFTiAaBild5WboO9Vi0_vNRlNNGIuXwrX"
     "kZ-bmKbSTmKYIrMNQQPUwdCnZYGDp6eRCiW50CuGtcXazTUnbdz4I7CPPAZF6N2F3wWTJ8q8FiE4G_NyzegdOtICfvdf9rqMwwkg"},
    {"PS512", rfc_rsa_jwk,
     "eyJhbGciOiJQUzUxMiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.jk9nZ5X7SRpqsFFVMbNNl__4daujJgfTIyQgiPVx5c"
     "Mld0ahtepXujTvcJeAx9ljAZArp1cP6RE-Xwln-V0LGziCJLdNAltX0fU0JR65m7nmly83q3jDIbfkVsuhSs_SfC3hNeiWcSlQGp"
     "CNn1Zt4mFgoyASIjonReQfmuMPKd8Tfdu5KHNzK3dYAe0zV8aH31qUgy-zkSzCDC7QkKbcTxbN3Dt3rSTAaT-jdwmHXy2Yl9tYr8"
     "tyiws0UylDb1obn0BiCvQrPY2ngtZ8x3C6EYxFUTD5qqfKpFmQx80VWmZmLSsQ9P5Fj1KZWg7asc8DebP0Y9O0tc5FR17DbTaGSw"},
    {"ES256", rfc_p256_jwk,
     "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.W1CqoRmBw_O1vocWJDRFcmOqKbuG8MxNpmxQJw0wUc"
     "Fu46wSwLyZC9NPBqsY0LbfIvDcDg1KGRiCUZ1YiRKivg"},
    {"ES384", p384_jwk,
     "eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.6wzPqedsfHKLQQEimBcKMhkr0GjYhki5BzNKnQYQU6"
     "zXUk7GK9SE9sLoL7NXJerj0ymGoLHJfoKL7QQxb4kpwU5vy0VVk3aw9YVnPjmyReCu3CL_iEXGYnsbK3YZGJg8"},
    {"ES512", rfc_p521_jwk,
     "eyJhbGciOiJFUzUxMiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.ASraVDHON93_fhSkog_4lhJ1ab_Nl-Q_AkNsXKoraH"
     "HUaPZp3frJGjhTxeFngG-vci8X8l7mVg3vqZS2odOus7TFABHbV6PozSpiPgWr1EMVx7ZpapYjAWO0S0JfG0iM5lFbw_cfvMtNhs"
     "TA8-t7UC6SNTHJ7ue1kUjcOebVhpBhb53P"},
    {"EdDSA", ed448_jwk,
     "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.LLmc9IT_kxpVDRNiQi1KEQCf1Qa5OZakNqOKFUOGL-"
     "ubYB_I8E9DvCa3XOCK1MY9yPT1T2ZlwVmAOnKnhluLsooI_v2zdzUMBhAiJjNAbvB2igNtPuY0pUm0yCGPyZBeBlnGyiGQliBtNA"
     "mJzrgRez8A"},
};

// The P-256 key in the forms that PEM files have.
inline constexpr std::string_view p256_pkcs8_pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff\n"
    "H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp\n"
    "7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt\n"
    "-----END PRIVATE KEY-----\n";
inline constexpr std::string_view p256_sec1_pem =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49\n"
    "AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b\n"
    "focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
    "-----END EC PRIVATE KEY-----\n";
inline constexpr std::string_view p256_public_pem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
    "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
    "-----END PUBLIC KEY-----\n";
inline constexpr std::string_view p256_certificate_pem =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBGzCBwaADAgECAgEBMAoGCCqGSM49BAMCMBcxFTATBgNVBAMMDGNvcm91dGUg\n"
    "dGVzdDAeFw0yMDAxMDEwMDAwMDBaFw00MDAxMDEwMDAwMDBaMBcxFTATBgNVBAMM\n"
    "DGNvcm91dGUgdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABH/Nzidw9sRd\n"
    "QYPL7m/bS3tYBzM1e+nvE7rPbjx70VRFx/FEzRu9m36HLN/tue659LNpXW6pCySt\n"
    "ikYjKIWI5a0wCgYIKoZIzj0EAwIDSQAwRgIhAJRIXut3NwjYk6DVo71wFuMxF10d\n"
    "jLByfeYxasKrzt+AAiEA5jrzPXrerxL95BEvowgGB5RBS6u5UNoLgGvImINmQ78=\n"
    "-----END CERTIFICATE-----\n";
// With a password.
inline constexpr std::string_view p256_encrypted_pem =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIH0MF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBCW27j79hkzw8qXTrFU\n"
    "qApbAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQi3Da2jFN1IcogqkC\n"
    "8sx+AASBkNyUoMsopPjmI6ozvjCQJ0fK6vg8pY5ormMh+F5MaQ3lM9nLPcfzre4L\n"
    "MSwBSaobE3ZRpADE16Gz6f8qKWjcsbPsPN7+1YsuVjh9mPrFQ/I6rLM8bGKLG3kX\n"
    "jP/F1FHvGPmnyULvO9pTY1g6aCFqv5yvOy29ndDiPfhaRfRmSC8D82iebUrlf4Iv\n"
    "io5RKTbDTA==\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";
// The RSA key without its private part, in the form of PKCS #1.
inline constexpr std::string_view rsa_pkcs1_public_pem =
    "-----BEGIN RSA PUBLIC KEY-----\n"
    "MIIBCgKCAQEAofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd/wWJcyQoTbji9k0l8W2\n"
    "6mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMs\n"
    "D1W/YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5\n"
    "z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxv\n"
    "b3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxXFvUK+DWNmoudF8NAco9/h9iaGNj8q2et\n"
    "hFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQIDAQAB\n"
    "-----END RSA PUBLIC KEY-----\n";
// What is refused: 1024 bits, and the curve secp256k1.
inline constexpr std::string_view short_rsa_public_pem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCwlQ8qBjgewbSHfMFadyYrgdaG\n"
    "sbLZSHeTLy1kStqv7sY0gLb6tug7AeUJ0mXiSzMGkEKym2LFVlr2ZHyUR6MSkKCP\n"
    "VSzJ+eTe73+IEBhQfaHKohUVRBeFAmQhGijEOAisqqeE0ydDOsv2hk5I/StFwLNr\n"
    "BhuKs5yyqmMgsJOWCwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
inline constexpr std::string_view other_curve_public_pem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEmcEm2iA5dVjyNlh2TDp8WD23/3Buk5gc\n"
    "wXDifKgzYgE3UQB/Ao8CG0of9CrG0pFmxrzhD1zLLqU3D39bpbcpbA==\n"
    "-----END PUBLIC KEY-----\n";

}  // namespace coroute::testing
