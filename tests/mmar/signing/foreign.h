/* A signature made by another program, model_signing 1.1.1 (`model_signing sign key`), and its public key. It is of a folder "f" with
 * the files b ("hi\n") and config/a.json ("{}\n"). */
#ifndef MM_TESTS_MMAR_SIGNING_FOREIGN_H
#define MM_TESTS_MMAR_SIGNING_FOREIGN_H

static const char foreign_key[] = "-----BEGIN PUBLIC KEY-----\n"
                                  "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEAcW6r1A+vh4N/V6ilsLM2AlnTgNb\n"
                                  "2umy+SrE8dwNj0U9fGCf8cqDFXqPm1I6n7pRkdA09D7oKlwIIGM66m/cig==\n"
                                  "-----END PUBLIC KEY-----\n";

static const char foreign_bundle[] =
    "{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\",\"verificationMaterial\":{\"publicK"
    "ey\":{\"hint\":\"67ea52d54bc7fb037134e90973cf0cf354f761fa2543b8ec98e108d5d38c3968\"},\"tlogEntries\""
    ":[]},\"dsseEnvelope\":{\"payload\":\"ewogICJfdHlwZSI6ICJodHRwczovL2luLXRvdG8uaW8vU3RhdGVtZW50L3YxIiw"
    "KICAic3ViamVjdCI6IFsKICAgIHsKICAgICAgIm5hbWUiOiAiZiIsCiAgICAgICJkaWdlc3QiOiB7CiAgICAgICAgInNoYTI1NiI"
    "6ICIzYjQ3YmNlOWQ5MDgwMmRhM2RmZDcwYjg0Nzk2MzM5YjkxMDUyODAyZTNjZjUxYjk1ODJmNTY3MjVkNjIzOWVmIgogICAgICB"
    "9CiAgICB9CiAgXSwKICAicHJlZGljYXRlVHlwZSI6ICJodHRwczovL21vZGVsX3NpZ25pbmcvc2lnbmF0dXJlL3YxLjAiLAogICJ"
    "wcmVkaWNhdGUiOiB7CiAgICAicmVzb3VyY2VzIjogWwogICAgICB7CiAgICAgICAgImFsZ29yaXRobSI6ICJzaGEyNTYiLAogICA"
    "gICAgICJkaWdlc3QiOiAiOThlYTZlNGYyMTZmMmZiNGI2OWZmZjliM2E0NDg0MmMzODY4NmNhNjg1ZjNmNTVkYzQ4YzVkM2ZiMTE"
    "wN2JlNCIsCiAgICAgICAgIm5hbWUiOiAiYiIKICAgICAgfSwKICAgICAgewogICAgICAgICJhbGdvcml0aG0iOiAic2hhMjU2Iiw"
    "KICAgICAgICAiZGlnZXN0IjogImNhM2QxNjNiYWIwNTUzODE4MjcyMjYxNDA1NjhmM2JlZjdlYWFjMTg3Y2ViZDc2ODc4ZTBiNjN"
    "lOWU0NDIzNTYiLAogICAgICAgICJuYW1lIjogImNvbmZpZy9hLmpzb24iCiAgICAgIH0KICAgIF0sCiAgICAic2VyaWFsaXphdGl"
    "vbiI6IHsKICAgICAgIm1ldGhvZCI6ICJmaWxlcyIsCiAgICAgICJoYXNoX3R5cGUiOiAic2hhMjU2IiwKICAgICAgImlnbm9yZV9"
    "wYXRocyI6IFsKICAgICAgICAiLmdpdGh1YiIsCiAgICAgICAgIi5naXRhdHRyaWJ1dGVzIiwKICAgICAgICAiLmdpdCIsCiAgICA"
    "gICAgIm1vZGVsLnNpZyIsCiAgICAgICAgIi5naXRpZ25vcmUiCiAgICAgIF0sCiAgICAgICJhbGxvd19zeW1saW5rcyI6IGZhbHN"
    "lCiAgICB9CiAgfQp9\",\"payloadType\":\"application/vnd.in-toto+json\",\"signatures\":[{\"sig\":\"MEUC"
    "IQCaWEPWo1Oim5JgjurF++EL10J88iM5HXH1Kn977uFI2wIgXsOKYcW1+DvDt35vGNGFsXOgivMdiUXO8bdzniVCNAI=\",\"key"
    "id\":\"\"}]}}";

#endif
