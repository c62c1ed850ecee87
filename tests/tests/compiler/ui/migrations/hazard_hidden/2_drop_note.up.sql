DO $$
BEGIN
    IF true THEN
        ALTER TABLE orders DROP COLUMN note;
    END IF;
END $$;
