-- What the first version of the app had written after some use, as SQLite keeps it (`.dump`, tables first that others
-- refer to): three browsers, people who are signed in, signed out, and who made room.
CREATE TABLE multi_session_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT multi_session_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "multi_session_version" VALUES('0001');
CREATE TABLE multi_session_user (
    id VARCHAR NOT NULL,
    email VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    image VARCHAR,
    password_hash VARCHAR NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (email)
);
INSERT INTO "multi_session_user" VALUES('a1d46fe7-7bfb-4555-be64-e95eccaba05b','ada@example.com','Ada',NULL,'$argon2id$v=19$m=19456,t=2,p=1$kbJ2LqVUCuG8d845RyhF6A$saRzH/mxIguKYGV9fbDGogCyDtwzOulYgii9yYivbEo','2026-03-01 12:00:07.001234','2026-03-01 12:00:07.001234');
INSERT INTO "multi_session_user" VALUES('20d669e4-15f5-46db-a5ba-4331a215760f','bob@example.com','Bob',NULL,'$argon2id$v=19$m=19456,t=2,p=1$QihFqHXO2RuDEKLUmlPq/Q$J4fuwQgA8tC9DQ8GB2MjGZxDlSDDtH4BXs8UddkOAH8','2026-03-01 12:00:28.004936','2026-03-01 12:00:28.004936');
INSERT INTO "multi_session_user" VALUES('43eeb9fa-da9e-43e5-b874-363ab6890dcd','cleo@example.com','Cleo',NULL,'$argon2id$v=19$m=19456,t=2,p=1$01rLmbNWSinl/F9rjfFeCw$ihHI/8Cw3CKgg3gql78zNWnLxz67mjNY4+b7VOHmBL4','2026-03-01 12:00:49.008638','2026-03-01 12:00:49.008638');
INSERT INTO "multi_session_user" VALUES('3b386261-077e-4a3b-b8d3-cbc76f8a2e38','dora@example.com','Dora',NULL,'$argon2id$v=19$m=19456,t=2,p=1$qNU6J6S09v7/nzMmRCgFgA$Hgxgfs7k/y3LO9KNFPXSQiVWEfhSeyVGhp4NusaTQMc','2026-03-01 12:01:31.016042','2026-03-01 12:01:31.016042');
INSERT INTO "multi_session_user" VALUES('6d56540a-33d9-4f1d-9b1a-3bb62b6cf885','emil@example.com','Emil',NULL,'$argon2id$v=19$m=19456,t=2,p=1$2XvPGaNUCoEwpnQuxbiXEg$P8h3i5xjMJJV0yHxHZP7E4wRqVjyqlUF8D6rB4dkpso','2026-03-01 12:01:52.019744','2026-03-01 12:01:52.019744');
INSERT INTO "multi_session_user" VALUES('a00a8694-ca38-4eee-8508-7325d3742ae9','fay@example.com','Fay',NULL,'$argon2id$v=19$m=19456,t=2,p=1$4/w/B2AsxRjDWIuRkjKm1A$cxTn2ZHNgF7HNFmtg0TmmQ2BbxjxbnMr2piG4Pjawp0','2026-03-01 12:03:16.034552','2026-03-01 12:03:16.034552');
INSERT INTO "multi_session_user" VALUES('2dc76735-ca4f-425c-970f-50016773569a','gus@example.com','Gus',NULL,'$argon2id$v=19$m=19456,t=2,p=1$h9B6T+kdw3iP0Xqv9f7/nw$PAzp12bAflx7Y8pYEiCtqyTD3Da1lcte1Keg9NNGMRk','2026-03-01 12:03:37.038254','2026-03-01 12:03:37.038254');
INSERT INTO "multi_session_user" VALUES('de6a670f-40a7-4bfc-85d2-2069a2532f49','hal@example.com','Hal',NULL,'$argon2id$v=19$m=19456,t=2,p=1$753z/v//H2MMwTiHsHZuLQ$ZITOPz4VGM7L3OA/ch7w6S6kGMqny9TQkD++v+0z5rk','2026-03-01 12:03:58.041956','2026-03-01 12:03:58.041956');
INSERT INTO "multi_session_user" VALUES('0003115a-e788-4648-9ab7-ade01850a091','ivy@example.com','Ivy',NULL,'$argon2id$v=19$m=19456,t=2,p=1$S+nd+x9DKAVAiPHeu7cWog$CxZe90qFrAMQk05lWAke+qTJhiOSeQfR7KR+EFd+EPc','2026-03-01 12:04:19.045658','2026-03-01 12:04:19.045658');
CREATE TABLE multi_session_device (
    id VARCHAR NOT NULL,
    state_key VARCHAR NOT NULL,
    generation INTEGER NOT NULL,
    created_at DATETIME NOT NULL,
    last_seen_at DATETIME NOT NULL,
    user_agent VARCHAR NOT NULL,
    ip_address VARCHAR NOT NULL,
    PRIMARY KEY (id)
);
INSERT INTO "multi_session_device" VALUES('8422faef-ab2d-497b-8a56-70341ca187a7','f06ce9bc4fc5b90676e9ebf161a167521f3b831f9902b40a900fac530169f57e',4,'2026-03-01 12:00:07.001234','2026-03-01 12:01:52.019744','python-httpx/0.28.1','127.0.0.1');
INSERT INTO "multi_session_device" VALUES('a0713739-86f4-4167-a136-e07b97c37f1d','d149c4503fd1da1ebe68e88a499e91a81bdc26384adc3c8196e233ed272abba1',1,'2026-03-01 12:02:41.028382','2026-03-01 12:03:02.032084','python-httpx/0.28.1','198.51.100.7');
INSERT INTO "multi_session_device" VALUES('371ace41-1b2c-43a4-8cca-430b278ac8d1','65184c40d9dc647667058416714012d20554f39a52b6fc112c48769a4e7b62ea',4,'2026-03-01 12:03:16.034552','2026-03-01 12:05:29.057998','python-httpx/0.28.1','203.0.113.5');
CREATE TABLE multi_session_device_secret (
    hash VARCHAR NOT NULL,
    device_id VARCHAR NOT NULL,
    generation INTEGER NOT NULL,
    created_at DATETIME NOT NULL,
    first_used_at DATETIME,
    dies_at DATETIME,
    PRIMARY KEY (hash),
    UNIQUE (device_id, generation),
    FOREIGN KEY(device_id) REFERENCES multi_session_device (id) ON DELETE CASCADE
);
INSERT INTO "multi_session_device_secret" VALUES('1391f7a2a955b2c15e3d780e2bd2872ae67efdeaf0d6a66ced3a7d1304c52e38','8422faef-ab2d-497b-8a56-70341ca187a7',0,'2026-03-01 12:00:07.001234','2026-03-01 12:00:14.002468','2026-03-01 12:01:35.006170');
INSERT INTO "multi_session_device_secret" VALUES('566852e4729145f148583de5f949dc86b7d8e4e14d63ecf4bcc18149e4d0fc3d','8422faef-ab2d-497b-8a56-70341ca187a7',1,'2026-03-01 12:00:28.004936','2026-03-01 12:00:35.006170','2026-03-01 12:01:56.009872');
INSERT INTO "multi_session_device_secret" VALUES('143c6dd8461f7cc58f039f66d2127084e7f0bc25f0c661c83797b41d5e5fad50','8422faef-ab2d-497b-8a56-70341ca187a7',2,'2026-03-01 12:00:49.008638','2026-03-01 12:00:56.009872','2026-03-01 12:02:38.017276');
INSERT INTO "multi_session_device_secret" VALUES('65ee42a65e38d43fa5cf0e5c3a7f243399a397206ae7a6c3e712355beee3ce61','8422faef-ab2d-497b-8a56-70341ca187a7',3,'2026-03-01 12:01:31.016042','2026-03-01 12:01:38.017276','2026-03-01 12:02:59.020978');
INSERT INTO "multi_session_device_secret" VALUES('0ec9b12ccd790b81960e5c73c53a08d2df7d12a74569132eec13d9a9672b969d','8422faef-ab2d-497b-8a56-70341ca187a7',4,'2026-03-01 12:01:52.019744','2026-03-01 12:01:59.020978',NULL);
INSERT INTO "multi_session_device_secret" VALUES('2d0ab1dfb2c28c3c103161230d49c540cc9630ced52322c29b1d5266c8531362','a0713739-86f4-4167-a136-e07b97c37f1d',0,'2026-03-01 12:02:41.028382','2026-03-01 12:02:48.029616','2026-03-01 12:04:09.033318');
INSERT INTO "multi_session_device_secret" VALUES('a6af60afb6ae9a4c6bb3a677d831c577a0b95d6b2213525c5fc360ec324df501','a0713739-86f4-4167-a136-e07b97c37f1d',1,'2026-03-01 12:03:02.032084','2026-03-01 12:03:09.033318',NULL);
INSERT INTO "multi_session_device_secret" VALUES('6e9d484ad4927896bed3303d300320c7a14249ac7033172023f3d07546bc7faf','371ace41-1b2c-43a4-8cca-430b278ac8d1',0,'2026-03-01 12:03:16.034552','2026-03-01 12:03:23.035786','2026-03-01 12:04:44.039488');
INSERT INTO "multi_session_device_secret" VALUES('ab490e0fd2718397a27e054abfa4f7c0faf4d456a762db606a9492bb409590a1','371ace41-1b2c-43a4-8cca-430b278ac8d1',1,'2026-03-01 12:03:37.038254','2026-03-01 12:03:44.039488','2026-03-01 12:05:05.043190');
INSERT INTO "multi_session_device_secret" VALUES('92bbb385f44b03b77417ac2265d0ab63e221c9f2de52f8ec55eddd3faa595590','371ace41-1b2c-43a4-8cca-430b278ac8d1',2,'2026-03-01 12:03:58.041956','2026-03-01 12:04:05.043190','2026-03-01 12:05:26.046892');
INSERT INTO "multi_session_device_secret" VALUES('c8455ea7f0c3656a69667b979a93a90f75dccd412cccdcd8b0a072f9d22ef97e','371ace41-1b2c-43a4-8cca-430b278ac8d1',3,'2026-03-01 12:04:19.045658','2026-03-01 12:04:26.046892','2026-03-01 12:06:36.059232');
INSERT INTO "multi_session_device_secret" VALUES('660e5f3a4db774e63972465ab0535e19d7367f71ab682fda3216d0c8a9efa1d5','371ace41-1b2c-43a4-8cca-430b278ac8d1',4,'2026-03-01 12:05:29.057998','2026-03-01 12:05:36.059232',NULL);
CREATE TABLE multi_session_device_session (
    id VARCHAR NOT NULL,
    device_id VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    generation INTEGER NOT NULL,
    activation INTEGER NOT NULL,
    created_at DATETIME NOT NULL,
    last_active_at DATETIME NOT NULL,
    authenticated_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    revoked_at DATETIME,
    revoked_reason VARCHAR,
    user_agent VARCHAR NOT NULL,
    ip_address VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(device_id) REFERENCES multi_session_device (id) ON DELETE CASCADE,
    FOREIGN KEY(user_id) REFERENCES multi_session_user (id) ON DELETE CASCADE
);
INSERT INTO "multi_session_device_session" VALUES('bfee5fe3-3728-40cf-ba95-b8937cfa3adc','8422faef-ab2d-497b-8a56-70341ca187a7','a1d46fe7-7bfb-4555-be64-e95eccaba05b',0,1,'2026-03-01 12:00:07.001234','2026-03-01 12:00:07.001234','2026-03-01 12:00:07.001234','2026-03-31 12:00:07.001234','2026-03-01 12:01:52.019744','evicted','python-httpx/0.28.1','127.0.0.1');
INSERT INTO "multi_session_device_session" VALUES('6888027b-1251-4afa-963b-d5083d316598','8422faef-ab2d-497b-8a56-70341ca187a7','20d669e4-15f5-46db-a5ba-4331a215760f',1,6,'2026-03-01 12:00:28.004936','2026-03-01 12:02:20.024680','2026-03-01 12:00:28.004936','2026-03-31 12:00:28.004936',NULL,NULL,'python-httpx/0.28.1','127.0.0.1');
INSERT INTO "multi_session_device_session" VALUES('243c817a-a84e-46b2-8ab6-1ec16d76ad19','8422faef-ab2d-497b-8a56-70341ca187a7','43eeb9fa-da9e-43e5-b874-363ab6890dcd',2,3,'2026-03-01 12:00:49.008638','2026-03-01 12:00:49.008638','2026-03-01 12:00:49.008638','2026-03-31 12:00:49.008638','2026-03-01 12:01:17.013574','signed_out','python-httpx/0.28.1','127.0.0.1');
INSERT INTO "multi_session_device_session" VALUES('5a8688bd-c840-4f39-95a5-0cd99918f002','8422faef-ab2d-497b-8a56-70341ca187a7','3b386261-077e-4a3b-b8d3-cbc76f8a2e38',3,4,'2026-03-01 12:01:31.016042','2026-03-01 12:01:31.016042','2026-03-01 12:01:31.016042','2026-03-31 12:01:31.016042',NULL,NULL,'python-httpx/0.28.1','127.0.0.1');
INSERT INTO "multi_session_device_session" VALUES('10b7e021-d18c-465a-af48-e3dcb01da7e1','8422faef-ab2d-497b-8a56-70341ca187a7','6d56540a-33d9-4f1d-9b1a-3bb62b6cf885',4,5,'2026-03-01 12:01:52.019744','2026-03-01 12:01:52.019744','2026-03-01 12:01:52.019744','2026-03-31 12:01:52.019744',NULL,NULL,'python-httpx/0.28.1','127.0.0.1');
INSERT INTO "multi_session_device_session" VALUES('2983ec12-23c6-4959-8a27-0f1a7d9446ac','a0713739-86f4-4167-a136-e07b97c37f1d','a1d46fe7-7bfb-4555-be64-e95eccaba05b',0,1,'2026-03-01 12:02:41.028382','2026-03-01 12:02:41.028382','2026-03-01 12:02:41.028382','2026-03-31 12:02:41.028382',NULL,NULL,'python-httpx/0.28.1','198.51.100.7');
INSERT INTO "multi_session_device_session" VALUES('7f55da44-34ef-44b4-8a56-6c8157499c9a','a0713739-86f4-4167-a136-e07b97c37f1d','20d669e4-15f5-46db-a5ba-4331a215760f',1,2,'2026-03-01 12:03:02.032084','2026-03-01 12:03:02.032084','2026-03-01 12:03:02.032084','2026-03-31 12:03:02.032084',NULL,NULL,'python-httpx/0.28.1','198.51.100.7');
INSERT INTO "multi_session_device_session" VALUES('844f943f-d728-4405-a571-4662ca58a7d7','371ace41-1b2c-43a4-8cca-430b278ac8d1','a00a8694-ca38-4eee-8508-7325d3742ae9',0,1,'2026-03-01 12:03:16.034552','2026-03-01 12:03:16.034552','2026-03-01 12:03:16.034552','2026-03-31 12:03:16.034552','2026-03-01 12:04:19.045658','evicted','python-httpx/0.28.1','203.0.113.5');
INSERT INTO "multi_session_device_session" VALUES('a4b57b98-f3ba-4481-938b-572a436757c4','371ace41-1b2c-43a4-8cca-430b278ac8d1','2dc76735-ca4f-425c-970f-50016773569a',1,2,'2026-03-01 12:03:37.038254','2026-03-01 12:03:37.038254','2026-03-01 12:03:37.038254','2026-03-31 12:03:37.038254','2026-03-01 12:05:15.055530','signed_out','python-httpx/0.28.1','203.0.113.5');
INSERT INTO "multi_session_device_session" VALUES('f52500b6-2027-4fde-81a2-964dd69af882','371ace41-1b2c-43a4-8cca-430b278ac8d1','de6a670f-40a7-4bfc-85d2-2069a2532f49',2,3,'2026-03-01 12:03:58.041956','2026-03-01 12:03:58.041956','2026-03-01 12:03:58.041956','2026-03-31 12:03:58.041956','2026-03-01 12:05:01.053062','signed_out','python-httpx/0.28.1','203.0.113.5');
INSERT INTO "multi_session_device_session" VALUES('c51ae2af-1c4f-468e-bd04-58f5f705d670','371ace41-1b2c-43a4-8cca-430b278ac8d1','0003115a-e788-4648-9ab7-ade01850a091',3,4,'2026-03-01 12:04:19.045658','2026-03-01 12:04:19.045658','2026-03-01 12:04:19.045658','2026-03-31 12:04:19.045658','2026-03-01 12:04:47.050594','signed_out','python-httpx/0.28.1','203.0.113.5');
INSERT INTO "multi_session_device_session" VALUES('c97f605f-4bb1-41b8-8c19-441aa010bc47','371ace41-1b2c-43a4-8cca-430b278ac8d1','2dc76735-ca4f-425c-970f-50016773569a',4,5,'2026-03-01 12:05:29.057998','2026-03-01 12:05:29.057998','2026-03-01 12:05:29.057998','2026-03-31 12:05:29.057998',NULL,NULL,'python-httpx/0.28.1','203.0.113.5');
CREATE INDEX ix_multi_session_device_session_user_id ON multi_session_device_session (user_id);
CREATE UNIQUE INDEX ix_multi_session_one_per_user ON multi_session_device_session (device_id, user_id) WHERE revoked_at IS NULL;
CREATE TABLE notes_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT notes_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "notes_version" VALUES('0001');
CREATE TABLE demo_note (
    id VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    text VARCHAR NOT NULL,
    created_at DATETIME NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(user_id) REFERENCES multi_session_user (id) ON DELETE CASCADE
);
INSERT INTO "demo_note" VALUES('ad3f32ba-48d4-48a0-88c5-434f0fffd800','20d669e4-15f5-46db-a5ba-4331a215760f','Buy bread – it''s “the” last; really','2026-03-01 12:05:50.061700');
CREATE INDEX ix_demo_note_user_id ON demo_note (user_id);
