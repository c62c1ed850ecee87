ALTER TABLE "customers" ADD CONSTRAINT "customers_business_id_id_key" UNIQUE ("business_id", "id");
CREATE INDEX "customers_live" ON "customers" ("business_id", "id") WHERE "deleted_at" IS NULL;
CREATE INDEX "customers_trash" ON "customers" ("business_id", "deleted_at") WHERE "deleted_at" IS NOT NULL;
ALTER TABLE "orders" ADD CONSTRAINT "orders_business_id_id_key" UNIQUE ("business_id", "id");
CREATE INDEX "orders_live" ON "orders" ("business_id", "id") WHERE "deleted_at" IS NULL;
CREATE INDEX "orders_trash" ON "orders" ("business_id", "deleted_at") WHERE "deleted_at" IS NOT NULL;
ALTER TABLE "orders" ADD CONSTRAINT "orders_business_id_customer_id_fkey" FOREIGN KEY ("business_id", "customer_id") REFERENCES "customers" ("business_id", "id");
ALTER TABLE "customers" ALTER COLUMN "business_id" SET DEFAULT nullif(current_setting('app.business_id', true), '')::uuid;
ALTER TABLE "customers" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "customers" FORCE ROW LEVEL SECURITY;
CREATE POLICY "base" ON "customers" USING (true) WITH CHECK (true);
CREATE POLICY "tenant" ON "customers" AS RESTRICTIVE
    USING ("business_id" = (SELECT nullif(current_setting('app.business_id', true), '')::uuid))
    WITH CHECK ("business_id" = (SELECT nullif(current_setting('app.business_id', true), '')::uuid));
ALTER TABLE "orders" ALTER COLUMN "business_id" SET DEFAULT nullif(current_setting('app.business_id', true), '')::uuid;
ALTER TABLE "orders" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "orders" FORCE ROW LEVEL SECURITY;
CREATE POLICY "base" ON "orders" USING (true) WITH CHECK (true);
CREATE POLICY "tenant" ON "orders" AS RESTRICTIVE
    USING ("business_id" = (SELECT nullif(current_setting('app.business_id', true), '')::uuid))
    WITH CHECK ("business_id" = (SELECT nullif(current_setting('app.business_id', true), '')::uuid));
