//! The named wrongs that an answer's content can have, one for each stimulus of a relying party's test.

use serde::{Deserialize, Serialize};

named! {
    /// How an id_token is wrong (conformance.md, C71 to C110, in that order). A few are right, to see that they are accepted;
    /// their descriptions say so.
    TokenFault {
        /// C71: `alg` is `none`, the signature empty.
        AlgNone,
        /// C71: `alg` is `None`.
        AlgNoneMixedCase,
        /// C71: `alg` is `NONE`.
        AlgNoneUpperCase,
        /// C71: no `alg`.
        AlgMissing,
        /// C71: RS256 with an empty signature.
        EmptySignature,
        /// C72: HS256 keyed with the RSA public key as SubjectPublicKeyInfo in PEM.
        Hs256WithPublicPem,
        /// C72: HS256 keyed with the RSA public key as PKCS#1 in PEM.
        Hs256WithPublicPkcs1Pem,
        /// C72: HS256 keyed with the RSA public key in DER.
        Hs256WithPublicDer,
        /// C72: HS256 keyed with the RSA public key as JWK.
        Hs256WithPublicJwk,
        /// C73: HS256 with an empty key.
        Hs256EmptyKey,
        /// C73: HS256 keyed with the client secret.
        Hs256ClientSecret,
        /// C74: signed by a stranger whose key is in the header `jwk`.
        EmbeddedJwk,
        /// C74: signed by a stranger, `jku` names where the key is.
        Jku,
        /// C74: signed by a stranger, `x5u` names where the certificate is.
        X5u,
        /// C74: signed by a stranger whose key is in the header `x5c`.
        X5c,
        /// C75: `kid` is a path to a file.
        KidPathTraversal,
        /// C75: `kid` is a piece of SQL.
        KidSql,
        /// C75: `kid` has 10 KiB.
        KidHuge,
        /// C75: `kid` has line breaks.
        KidControlCharacters,
        /// C75: `kid` is empty.
        KidEmpty,
        /// C75: `kid` is a number.
        KidNumber,
        /// C76: `kid` is in no key set.
        UnknownKid,
        /// C81: no `kid`.
        NoKid,
        /// C83: signed by the published P-256 key though the client is registered for RS256.
        AlgEs256,
        /// C83: signed by PS256 though the client is registered for RS256.
        AlgPs256,
        /// C84: one bit of the signature is wrong.
        WrongSignature,
        /// C84: signed by a stranger under our key id.
        ForeignKey,
        /// C84: the signature is cut short.
        TruncatedSignature,
        /// C84: ES256 with the signature in DER.
        Es256Der,
        /// C84: ES256 with r and s zero.
        Es256Zero,
        /// C85: `crit` names what nobody knows.
        Crit,
        /// C86: `b64` is false.
        B64False,
        /// C86: JSON serialization.
        JsonSerialization,
        /// C86: the payload is missing.
        DetachedPayload,
        /// C86: four segments.
        FourSegments,
        /// C86: six segments.
        SixSegments,
        /// C86: half a million dots.
        ManyDots,
        /// C87: an encrypted token.
        Jwe,
        /// C87: an unsigned token in the place of the claims.
        NestedUnsigned,
        /// C88: PBES2 with a billion rounds.
        Pbes2HighCount,
        /// C88: `zip` is `DEF`.
        ZipBomb,
        /// C90: `sub` twice.
        DuplicateSub,
        /// C90: `exp` twice.
        DuplicateExp,
        /// C90: a `NaN` among the claims.
        NotANumber,
        /// C90: a claim nested two hundred deep.
        DeepNesting,
        /// C90: the claims are no UTF-8.
        InvalidUtf8,
        /// C91: `typ` is `at+jwt`.
        TypAccessToken,
        /// C91: `typ` is `logout+jwt`.
        TypLogoutToken,
        /// C91: `typ` is `dpop+jwt`.
        TypDpop,
        /// C92: no `iss`.
        IssMissing,
        /// C92: another issuer.
        IssWrong,
        /// C92: our issuer and a slash.
        IssTrailingSlash,
        /// C92: the beginning of our issuer.
        IssPrefix,
        /// C92: an array with our issuer in it.
        IssArray,
        /// C93: no `aud`.
        AudMissing,
        /// C93: another client.
        AudWrong,
        /// C93: the beginning of the client id.
        AudSubstring,
        /// C93: a number.
        AudNumber,
        /// C93: an array with only the client id, which is right.
        AudArray,
        /// C94: a stranger beside the client.
        AudExtra,
        /// C94: `azp` is a stranger.
        AzpWrong,
        /// C95: no `sub`.
        SubMissing,
        /// C95: an empty `sub`.
        SubEmpty,
        /// C95: 256 characters.
        SubLong,
        /// C95: a number.
        SubNumber,
        /// C95: a NUL in it.
        SubNul,
        /// C96: no `exp`.
        ExpMissing,
        /// C96: an hour ago.
        ExpPast,
        /// C96: a string.
        ExpString,
        /// C96: negative.
        ExpNegative,
        /// C96: `1e309`.
        ExpHuge,
        /// C97: not before the next hour.
        NbfFuture,
        /// C97: a string.
        NbfString,
        /// C98: no `iat`.
        IatMissing,
        /// C98: tomorrow.
        IatFuture,
        /// C98: a week ago, with a good `exp`; a matter of policy.
        IatWeekOld,
        /// C100: another nonce.
        NonceWrong,
        /// C100: no nonce.
        NonceMissing,
        /// C100: an array with the nonce in it.
        NonceArray,
        /// C102: the id_token of the client's login before.
        Replayed,
        /// C103: `at_hash` of another token.
        AtHashWrong,
        /// C103: a `c_hash` of another code.
        CHashWrong,
        /// C104: no `acr`.
        AcrMissing,
        /// C104: a lower level than asked.
        AcrLower,
        /// C104: a level that nobody knows.
        AcrUnknown,
        /// C105: a higher level than there is here.
        AcrHigher,
        /// C106: no `auth_time`.
        AuthTimeMissing,
        /// C106, C107: `auth_time` a day ago.
        AuthTimeOld,
        /// C109: claims of the wrong types.
        ClaimTypesWrong,
        /// C110: claims that nobody knows, which is right.
        ExtraClaims,
    }
}

named! {
    /// How the token endpoint's successful answer is wrong.
    TokenResponseFault {
        /// Status 200 with `error` in it.
        ErrorWith200,
        /// No `access_token`.
        AccessTokenMissing,
        /// An empty `access_token`.
        AccessTokenEmpty,
        /// No `id_token`.
        IdTokenMissing,
        /// `id_token` is a number.
        IdTokenNumber,
        /// No `token_type`.
        TokenTypeMissing,
        /// `token_type` is `mac`.
        TokenTypeOdd,
        /// `token_type` is `bEARER`, which is right (RFC 6749 §5.1).
        TokenTypeMixedCase,
        /// No `expires_in`, which is allowed.
        ExpiresInMissing,
        /// `expires_in` is a string.
        ExpiresInString,
        /// `expires_in` is beyond 64 bits.
        ExpiresInHuge,
        /// `expires_in` is negative.
        ExpiresInNegative,
        /// The right body as `text/plain`.
        ContentTypeText,
        /// The right body with status 201.
        Status201,
        /// `access_token` twice.
        DuplicateMembers,
        /// An array around it.
        Array,
    }
}

named! {
    /// How userinfo is wrong (conformance.md, C109 to C112).
    UserinfoFault {
        /// C111: no `sub`.
        SubMissing,
        /// C111: another citizen's `sub`.
        SubWrong,
        /// C111: `sub` is a number.
        SubNumber,
        /// C109: claims of the wrong types.
        ClaimTypesWrong,
        /// Nothing but `sub`, which is allowed.
        ClaimsMissing,
        /// C110: claims that nobody knows, which is right.
        ExtraClaims,
        /// An empty name.
        NameEmpty,
        /// A birth date in another form.
        BirthdateMalformed,
        /// A citizen id of eleven digits.
        CitizenIdMalformed,
        /// C112: a signed token where JSON was registered.
        JwtInsteadOfJson,
        /// `sub` twice.
        DuplicateSub,
    }
}

named! {
    /// How the key set is wrong (conformance.md, C77 to C82 and C89).
    JwksFault {
        /// C77: no keys.
        Empty,
        /// C77: an object without `keys`.
        NoKeysMember,
        /// C80: before each key another with its `kid` and another algorithm.
        DecoysSameKid,
        /// C80: before each key a stranger's of the same kind with its `kid`.
        DuplicateKid,
        /// C81: keys without `kid`.
        NoKids,
        /// C76: every `kid` is another.
        WrongKids,
        /// C82: every key is for encryption.
        UseEnc,
        /// C82: every key names another algorithm.
        AlgOther,
        /// C89: a 1024-bit RSA key before the others.
        WeakRsa,
        /// A key with a numeric `kid`, one of an unknown kind and one that is no object before the others.
        OddKeys,
        /// A symmetric key before the others.
        SymmetricKey,
    }
}

named! {
    /// How the metadata is wrong.
    DiscoveryFault {
        /// Another issuer.
        IssuerWrong,
        /// Our issuer and a slash.
        IssuerTrailingSlash,
        /// No issuer.
        IssuerMissing,
        /// No authorization endpoint.
        EndpointMissing,
        /// The endpoints are at another host.
        EndpointsForeign,
        /// The endpoints are at another host over plain http.
        EndpointsPlainHttp,
        /// No `jwks_uri`.
        JwksUriMissing,
        /// `none` is listed for id_tokens.
        AlgNoneListed,
        /// The right body as `text/plain`.
        ContentTypeText,
        /// No `code_challenge_methods_supported`, though PKCE is required.
        PkceMissing,
    }
}

named! {
    /// How the authorization response is wrong.
    AuthorizeFault {
        /// No `iss`, though the metadata promises it.
        IssMissing,
        /// Another issuer.
        IssWrong,
        /// No `state`.
        StateMissing,
        /// Another `state`.
        StateWrong,
        /// `state` twice.
        StateTwice,
        /// `code` twice.
        CodeTwice,
        /// A code and an error together.
        CodeAndError,
        /// Neither code nor error.
        CodeMissing,
        /// A code that was never given.
        CodeWrong,
        /// `server_error` in the place of a code.
        ServerError,
        /// `temporarily_unavailable` in the place of a code.
        TemporarilyUnavailable,
    }
}
